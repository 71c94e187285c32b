/** HTTP requests as the engine wants them, and the way back for connections whose request is long gone. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { ConnView, Forwarded, RequestHead } from './native';
import type { ProxySettings } from './options';

/** A request with its parsed query, as engine.io's `allowRequest` and middlewares get it. */
export type EngineRequest = IncomingMessage & { _query: Record<string, string> };

type WithHeaderLines = IncomingMessage & { _addHeaderLines(raw: string[], count: number): void };
type MaybeSecure = Socket & { encrypted?: boolean };

/** Adds the parsed query. Throws where the URL is none. */
export function withQuery(req: IncomingMessage): EngineRequest {
  const request = req as EngineRequest;
  // connect and express may have parsed it before
  request._query ??= Object.fromEntries(
    new URL(req.url ?? '/', 'https://socket.io').searchParams.entries(),
  );
  return request;
}

export function headOf(
  req: EngineRequest,
  upgrade: boolean,
  proxy: ProxySettings | undefined,
): RequestHead {
  const { transport, sid, EIO, b64 } = req._query as Record<string, unknown>;
  return {
    method: req.method ?? '',
    url: req.url ?? '',
    // HTTP/2 has pseudo-headers among them
    headers: req.httpVersionMajor < 2 ? req.rawHeaders : withoutPseudoHeaders(req.rawHeaders),
    remoteAddress: req.socket.remoteAddress ?? '',
    // Only a request that opens a session is asked where it comes from.
    forwarded: sid ? null : forwardedOf(req, proxy),
    secure: Boolean((req.socket as MaybeSecure).encrypted),
    transport: text(transport),
    sid: text(sid) || null,
    eio: text(EIO),
    b64: Boolean(b64),
    upgrade,
  };
}

/**
 * What the request says about the proxies it passed, read where Koa reads it: Node has joined repeated lines, dropped
 * duplicates and cut off what exceeds its limit by then. Null if it says nothing.
 */
export function forwardedOf(
  { headers }: IncomingMessage,
  proxy: ProxySettings | undefined,
): Forwarded | null {
  if (proxy === undefined) return null;
  const name = proxy.proxyIpHeader.toLowerCase();
  // Koa takes the two spellings of this header for one.
  const isReferrer = name === 'referer' || name === 'referrer';
  const value = isReferrer ? headers['referrer'] || headers.referer : headers[name];
  if (typeof value !== 'string' || value === '') return null;
  const maxIps = Math.min(Math.max(0, Math.trunc(proxy.maxIpsCount) || 0), 0xffff_ffff);
  return { addresses: value, believed: Boolean(proxy.proxy), maxIps };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withoutPseudoHeaders(raw: string[]): string[] {
  return raw.filter((_, i) => !raw[i - (i % 2)]?.startsWith(':'));
}

/** The request which opened a native connection, rebuilt from what the engine kept of it. */
export function requestOf(view: ConnView): EngineRequest {
  const socket = Object.create(Socket.prototype, {
    remoteAddress: { value: view.remoteAddress, enumerable: true },
    encrypted: { value: view.secure, enumerable: true },
    readableHighWaterMark: { value: 0 },
  }) as Socket;
  const req = new IncomingMessage(socket);
  req.method = 'GET';
  req.url = view.url;
  req.httpVersion = '1.1';
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  // Node derives `headers` from these on first read
  (req as WithHeaderLines)._addHeaderLines(view.headers, view.headers.length);
  req.complete = true;
  return withQuery(req);
}
