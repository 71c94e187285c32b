/** Turns what a Socket.IO encoder yields into what crosses to the engine: strings and Buffers, without copying. */
import type { Encoded } from './upstream';

export function payloads(encoded: unknown[]): Encoded[] {
  return encoded.map(payload);
}

export function payload(data: unknown): Encoded {
  if (typeof data === 'string' || Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  return String(data);
}
