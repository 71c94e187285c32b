/** Connections whose bytes only Node can carry (TLS, Windows): pumped both ways, each side holding the other back. */
import type { Duplex } from 'node:stream';
import { EventKind, type Engine, type EngineEvent, type RequestHead } from './native';

export class StreamBridge {
  private readonly streams = new Map<number, Duplex>();
  private nextKey = 1;

  constructor(private readonly native: Engine) {}

  /** Starts pumping; returns the connection's id as the engine's `openStream` does. */
  open(
    stream: Duplex,
    leftover: Buffer,
    head: RequestHead,
    id: string | null,
    headers: string[],
    attach: boolean,
  ): string {
    const { native, streams } = this;
    const key = this.nextKey++;
    const conn = native.openStream(key, leftover, head, id, headers, attach);
    streams.set(key, stream);
    stream.on('data', (chunk: Buffer) => {
      if (!native.streamWrite(key, chunk)) stream.pause();
    });
    stream.once('end', () => native.streamClose(key));
    stream.once('close', () => {
      native.streamClose(key);
      streams.delete(key);
    });
    stream.resume();
    return conn;
  }

  /** Handles the events which are about streams; false for all others. */
  handle({ kind, key, data }: EngineEvent): boolean {
    const stream = this.streams.get(key);
    switch (kind) {
      case EventKind.StreamData: {
        const bytes = data as Buffer;
        stream?.write(bytes, () => this.native.streamDrained(key, bytes.length));
        return true;
      }
      case EventKind.StreamEnd:
        stream?.end(() => stream.destroy());
        return true;
      case EventKind.StreamResume:
        stream?.resume();
        return true;
      default:
        return false;
    }
  }

  close(): void {
    for (const stream of this.streams.values()) stream.destroy();
    this.streams.clear();
  }
}
