import type { IncomingHttpHeaders } from 'node:http';

import type { Strapi } from '../types';

/**
 * Where a client is, as Koa finds `ctx.ip`: a header is believed only where the application trusts its
 * proxy. Empty if nothing is known.
 */
export function clientAddress(
  strapi: Strapi,
  headers: IncomingHttpHeaders | undefined,
  peer: string | undefined,
): string {
  const { proxy, proxyIpHeader, maxIpsCount } = strapi.server.app;
  const header = proxy ? headers?.[proxyIpHeader.toLowerCase()] : undefined;
  const named = header === undefined ? [] : String(header).split(/\s*,\s*/);
  const [first] = maxIpsCount > 0 ? named.slice(-maxIpsCount) : named;
  return (first || peer) ?? '';
}
