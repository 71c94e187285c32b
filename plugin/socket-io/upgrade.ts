/** The pieces of a WebSocket hand-off: where its middlewares write headers to, how it is refused, what it starts with. */
import { EventEmitter } from 'node:events';
import { STATUS_CODES } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Refused, ResponseLike } from './admission';

/** As much of a ServerResponse as middlewares need: the headers they set go out with the 101. */
export class UpgradeResponse extends EventEmitter implements ResponseLike {
  readonly headers: Record<string, unknown> = {};
  readonly headersSent = false;
  statusCode = 101;

  constructor(private readonly socket: Duplex) {
    super();
    socket.once('close', () => this.emit('close'));
  }

  setHeader(name: string, value: unknown): never {
    this.headers[name] = value;
    return this as never;
  }

  getHeader(name: string): string | undefined {
    return this.headers[name] as string | undefined;
  }

  removeHeader(name: string): void {
    delete this.headers[name];
  }

  write(): void {}

  /** Middlewares such as express-session wrap this to set their headers at the last moment. */
  writeHead(): void {}

  end(): void {
    this.emit('finish');
    this.socket.destroy();
  }
}

/** Flat pairs, one for each value: several cookies are several headers. */
export function flatHeaders(headers: Record<string, unknown>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one) => [name, String(one)]),
  );
}

/** Answers a refused upgrade the way a refused request is answered, then hangs up. */
export function refuseUpgrade(socket: Duplex, { status, body }: Refused): void {
  if (!socket.writable) return void socket.destroy();
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Whatever the client sent behind its request head, read by Node already. */
export function readAhead(socket: Duplex, head: Buffer): Buffer {
  const rest = socket.read() as Buffer | null;
  return rest ? Buffer.concat([head, rest]) : head;
}

/** The descriptor the engine may take over, if there is one which carries the bytes as they are. */
export function descriptorOf(socket: Duplex): number | undefined {
  if (process.platform === 'win32') return undefined;
  if (!(socket instanceof net.Socket) || socket instanceof TLSSocket) return undefined;
  const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
