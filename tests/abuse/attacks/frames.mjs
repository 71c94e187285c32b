// Attacks with WebSocket frames and the packets of Engine.IO.
import { OPCODES, RawSocket, frame, repeated } from '../support/wire.mjs';
import { flood } from './flood.mjs';

const packed = (piece, options, more) => {
  const chunk = repeated(piece);
  return flood(options, chunk, { perChunk: chunk.length / piece.length, ...more });
};

/** Answers to pings that nobody has sent. */
export const pongs = (options) => packed(frame('3'), options);

/** Pings of WebSocket, 6 bytes each; the answers are not read if `read` is false. */
export const pings = ({ read, bytes = 0, ...options }) =>
  packed(frame('p'.repeat(bytes), { opcode: OPCODES.ping }), options, { read });

/** Pongs of WebSocket. */
export const controlPongs = (options) => packed(frame('', { opcode: OPCODES.pong }), options);

/** Packets of Engine.IO that do nothing. */
export const noops = (options) => packed(frame('6'), options);

/** A message in fragments that never ends, each of so many bytes. */
export function fragments({ bytes, ...options }) {
  const open = async () => {
    const raw = await RawSocket.joined(options.port);
    raw.write(frame('4', { final: false }));
    return raw;
  };
  const piece = frame('f'.repeat(bytes), { opcode: OPCODES.continuation, final: false });
  return packed(piece, options, { open });
}

const header = (...bytes) => Buffer.from(bytes);

/** Frames that RFC 6455 forbids: each has to end its connection. */
const illegal = {
  'length not minimal (16 bits)': header(0x81, 0xfe, 0, 1, 0, 0, 0, 0, 0x36),
  'length not minimal (64 bits)': header(0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x36),
  'length over 2^63': header(0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
  'announces 1 TB': header(0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  'reserved bit of deflate': frame('6', { rsv1: true }),
  'not masked': header(0x81, 1, 0x36),
  'fragmented ping': frame('', { opcode: OPCODES.ping, final: false }),
  'long ping': frame('p'.repeat(126), { opcode: OPCODES.ping }),
  'continues nothing': frame('6', { opcode: OPCODES.continuation }),
  'reserved opcode': frame('6', { opcode: 3 }),
  'not UTF-8': frame(Buffer.from([0x34, 0xff])),
};

/** Sends each illegal frame; resolves with those after which the connection stayed open. */
export async function illegalFrames({ port, skip = [] }) {
  const survived = [];
  let sent = 0;
  for (const [name, bytes] of Object.entries(illegal)) {
    if (skip.includes(name)) continue;
    const raw = await RawSocket.joined(port);
    raw.write(bytes);
    sent += 1;
    if (!(await raw.closedWithin(5000))) survived.push(name);
    raw.destroy();
  }
  return { messages: sent, survived };
}
