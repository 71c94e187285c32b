import type { IncomingHttpHeaders } from 'node:http';

import type { Strapi } from '../types';

export type AddressReader = (
  headers: IncomingHttpHeaders | undefined,
  peer: string | undefined,
) => string;

/**
 * Tells where clients are, as Koa finds `ctx.ip`: a header is believed only where the application
 * trusts its proxy. Empty if nothing is known.
 */
export function createAddressReader(strapi: Strapi): AddressReader {
  const { proxy, proxyIpHeader, maxIpsCount } = strapi.server.app;
  const name = proxyIpHeader.toLowerCase();
  return (headers, peer) => {
    const header = proxy ? headers?.[name] : undefined;
    const named = header === undefined ? [] : String(header).split(/\s*,\s*/);
    const [first] = maxIpsCount > 0 ? named.slice(-maxIpsCount) : named;
    return (first || peer) ?? '';
  };
}
