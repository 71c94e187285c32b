/**
 * What a message of another node may cost before it is decoded: a few bytes can announce lists of millions of entries,
 * and decoders make room for these before they look for the entries.
 */

/** Longest request or broadcast of another node (bytes). */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Longest answer to a question of this node (bytes): it can describe thousands of sockets. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Objects, lists and values which one message may hold. */
const MAX_VALUES = 2_000_000;
const MAX_DEPTH = 200;
/** JSON below this length cannot hold too many objects. */
const SMALL_JSON = 1024 * 1024;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** A message of another node which is not what it has to be; the text names the field. */
export class InvalidMessage extends Error {
  override name = 'InvalidMessage';
}

export function checkLength(bytes: Uint8Array, limit: number): void {
  if (bytes.length > limit) {
    throw new InvalidMessage(`the message has ${bytes.length} bytes, more than ${limit}`);
  }
}

/** Throws for JSON which holds too many objects and lists. Brackets in texts count as well. */
export function checkJsonSize(bytes: Uint8Array): void {
  if (bytes.length < SMALL_JSON) return;
  let opened = 0;
  for (const byte of bytes) if (byte === OPEN_BRACE || byte === OPEN_BRACKET) opened += 1;
  if (opened > MAX_VALUES / 2) throw new InvalidMessage('the message holds too many objects');
}

/** Throws for MessagePack which announces more than it holds, holds too many values or nests them too deep. */
export function checkMessagePackSize(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values which are still to come, of each list and map that is open. */
  const open = [1];
  let at = 0;
  let values = 0;
  const skip = (length: number): void => {
    at += length;
    if (at > bytes.length) throw new InvalidMessage('the message ends too early');
  };
  const enter = (count: number): void => {
    if (count > bytes.length - at) throw new InvalidMessage('a list is longer than the message');
    if (open.length >= MAX_DEPTH) throw new InvalidMessage('the message is nested too deep');
    open.push(count);
  };
  /** A length of `size` bytes. */
  const length = (size: 1 | 2 | 4): number => {
    const from = at;
    skip(size);
    if (size === 1) return view.getUint8(from);
    return size === 2 ? view.getUint16(from) : view.getUint32(from);
  };

  while (open.length > 0) {
    const last = open.length - 1;
    if (open[last] === 0) {
      open.pop();
      continue;
    }
    open[last] -= 1;
    values += 1;
    if (values > MAX_VALUES) throw new InvalidMessage('the message holds too many values');
    const prefix = length(1);
    if (prefix < 0x80 || prefix >= 0xe0) continue;
    if (prefix < 0x90) enter(2 * (prefix & 0x0f));
    else if (prefix < 0xa0) enter(prefix & 0x0f);
    else if (prefix < 0xc0) skip(prefix & 0x1f);
    else readFormat(prefix, { skip, enter, length });
  }
}

interface Reader {
  skip: (length: number) => void;
  enter: (count: number) => void;
  length: (size: 1 | 2 | 4) => number;
}

/** The formats of MessagePack from 0xc0 to 0xdf. */
function readFormat(prefix: number, { skip, enter, length }: Reader): void {
  const sized = (first: number): 1 | 2 | 4 => (1 << (prefix - first)) as 1 | 2 | 4;
  if (prefix <= 0xc3) return;
  if (prefix <= 0xc6) return skip(length(sized(0xc4))); // binary
  if (prefix <= 0xc9) return skip(length(sized(0xc7)) + 1); // extension, with its type
  if (prefix <= 0xca) return skip(4); // float
  if (prefix <= 0xcb) return skip(8);
  if (prefix <= 0xcf) return skip(1 << (prefix - 0xcc)); // unsigned
  if (prefix <= 0xd3) return skip(1 << (prefix - 0xd0)); // signed
  if (prefix <= 0xd8) return skip((1 << (prefix - 0xd4)) + 1); // extension of a fixed length
  if (prefix <= 0xdb) return skip(length(sized(0xd9))); // text
  if (prefix <= 0xdd) return enter(length(prefix === 0xdc ? 2 : 4)); // list
  return enter(2 * length(prefix === 0xde ? 2 : 4)); // map
}
