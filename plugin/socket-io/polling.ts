/** The answer to one long-polling request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import accepts from 'accepts';
import type { HttpAnswer } from './native';
import type { ResolvedOptions } from './options';

const compress = { gzip: promisify(zlib.gzip), deflate: promisify(zlib.deflate) };

/** Refuses a request whose body was not read to its end: the connection cannot be used again. */
export function refuseBody(res: ServerResponse, status: number): void {
  res.shouldKeepAlive = false;
  res.writeHead(status).end();
}

/** The answer's headers as an object, which `headers` listeners may change. */
export function headersOf(answer: HttpAnswer, req: IncomingMessage): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  for (let i = 0; i < answer.headers.length; i += 2) {
    // engine.io spells this one in lower case, and listeners overwrite it by that name
    const name = answer.headers[i] === 'Cache-Control' ? 'cache-control' : answer.headers[i];
    headers[name] = answer.headers[i + 1];
  }
  // old Internet Explorers warn of cross-site scripting where there is none
  if (/;MSIE|Trident\//.test(req.headers['user-agent'] ?? '')) headers['X-XSS-Protection'] = '0';
  return headers;
}

/** Writes the answer, compressed where that was asked for and is worth it. */
export async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  { status, body }: Pick<HttpAnswer, 'status' | 'body'>,
  headers: Record<string, unknown>,
  httpCompression: ResolvedOptions['httpCompression'],
): Promise<void> {
  let content = body;
  const encoding = req.method === 'GET' && encodingFor(req, body, httpCompression);
  if (encoding) {
    content = await compress[encoding](body, httpCompression as zlib.ZlibOptions);
    headers['Content-Encoding'] = encoding;
  }
  headers['Content-Length'] = content.length;
  res.writeHead(status, headers as NodeJS.Dict<string>);
  res.end(content);
}

function encodingFor(
  req: IncomingMessage,
  body: Buffer,
  httpCompression: ResolvedOptions['httpCompression'],
): keyof typeof compress | false {
  if (!httpCompression) return false;
  const threshold = (httpCompression as { threshold?: number }).threshold ?? 1024;
  if (body.length < threshold) return false;
  return (accepts(req).encodings(['gzip', 'deflate']) || false) as keyof typeof compress | false;
}
