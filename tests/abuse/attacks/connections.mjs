// Attacks with connections: floods of CONNECT packets, readers that do not read, clients that come and go.
import net from 'node:net';
import { OPCODES, RawSocket, frame, several } from '../support/wire.mjs';
import { flood } from './flood.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CONNECT packets with tokens that are none, on connections that are opened again when they end. */
export function tokenGuesses({ strategy = 'jwt', ...options }) {
  const guesses = Array.from({ length: 500 }, (_, i) => {
    const part = Buffer.from(`{"id":${i}}`).toString('base64url');
    const token = strategy === 'jwt' ? `eyJhbGciOiJIUzI1NiJ9.${part}.${part}` : `guess-${i}`;
    return frame(`40${JSON.stringify({ strategy, token })}`);
  });
  const open = () => RawSocket.open(options.port);
  return flood({ reopen: true, ...options }, Buffer.concat(guesses), {
    perChunk: guesses.length,
    open,
  });
}

/** CONNECT packets to namespaces that do not exist, each with a name of its own. */
export function namespaces(options) {
  const packets = Array.from({ length: 500 }, (_, i) => frame(`40/n${i}${'n'.repeat(100)},`));
  return flood({ reopen: true, ...options }, Buffer.concat(packets), { perChunk: packets.length });
}

/** Joins and leaves the main namespace. */
export function joinsAndLeaves(options) {
  const pair = Buffer.concat([frame('41'), frame('40')]);
  const chunk = Buffer.concat(Array(200).fill(pair));
  return flood({ reopen: true, ...options }, chunk, { perChunk: 400 });
}

/** Clients that never read, and ask for answers of so many bytes. */
export async function slowReaders({ port, seconds, connections, bytes = 10_000, requests = 3000 }) {
  const until = Date.now() + seconds * 1000;
  const message = frame(`421["echo","${'s'.repeat(bytes)}"]`);
  let sent = 0;
  const readers = await several(connections, async () => {
    const raw = await RawSocket.joined(port);
    raw.socket.pause();
    return raw;
  });
  await Promise.all(
    readers.map(async (raw) => {
      for (let i = 0; i < requests && !raw.ended && Date.now() < until; i += 1) {
        sent += 1;
        if (!raw.write(message)) {
          await raw.until(() => raw.socket.writableLength === 0, until).catch(() => {});
        }
        await new Promise(setImmediate);
      }
    }),
  );
  await wait(Math.max(0, until - Date.now()));
  // A paused socket does not hear of its end: reading shows it.
  for (const raw of readers) raw.socket.resume();
  await wait(1000);
  const ended = readers.filter((raw) => raw.ended).length;
  for (const raw of readers) raw.destroy();
  return { connections: readers.length, messages: sent, megabytes: (sent * bytes) / 1e6, ended };
}

/** Connections that send nothing, or half of a handshake. */
export async function halfOpen({ port, seconds, connections }) {
  const until = Date.now() + seconds * 1000;
  const starts = [
    '',
    'GET /socket.io/',
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n',
  ];
  const plain = await several(connections, async (index) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(starts[index % starts.length]);
    return socket;
  });
  // A session, but no namespace.
  const sessions = await several(connections, () => RawSocket.open(port));
  await wait(Math.max(0, until - Date.now()));
  const open = plain.filter(({ destroyed }) => !destroyed).length;
  for (const socket of plain) socket.destroy();
  for (const raw of sessions) raw.destroy();
  return { connections: plain.length + sessions.length, open };
}

/** Messages begun and never finished: the server holds what has come. They answer pings where the protocol allows. */
export async function unfinished({
  port,
  seconds,
  connections,
  bytes = 990_000,
  kind = 'fragments',
}) {
  const until = Date.now() + seconds * 1000;
  const starts = {
    fragments: frame('4'.padEnd(bytes, 'x'), { final: false }),
    frame: frame('4'.padEnd(bytes, 'x')).subarray(0, -1),
    attachments: frame('4510-["echo",{"_placeholder":true,"num":0}]'),
  };
  const attachment = frame(Buffer.alloc(bytes), { opcode: OPCODES.binary });
  const held = await several(connections, async () => {
    const raw = await RawSocket.joined(port);
    raw.write(starts[kind]);
    // Nine of the ten that were announced.
    for (let i = 0; kind === 'attachments' && i < 9; i += 1) raw.write(attachment);
    await raw.until(() => raw.socket.writableLength === 0, until).catch(() => {});
    return raw;
  });
  await wait(Math.max(0, until - Date.now()));
  const open = held.filter(({ ended }) => !ended).length;
  for (const raw of held) raw.destroy();
  return { connections: held.length, megabytes: (held.length * bytes) / 1e6, open };
}

/** Clients that come and go, each in one of several ways, after so many milliseconds. */
export async function comeAndGo({ port, count, atATime = 100, hold = 0 }) {
  let refused = 0;
  const ways = [
    (raw) => raw.destroy(),
    (raw) => raw.socket.resetAndDestroy(),
    (raw) => {
      raw.write(frame('41'));
      raw.destroy();
    },
    (raw) => {
      raw.write(frame(Buffer.from([3, 232]), { opcode: OPCODES.close }));
      return raw.closedWithin(5000).then(() => raw.destroy());
    },
    (raw) => {
      // In the middle of a message with attachments, and of a frame.
      raw.write(frame('451-["echo",{"_placeholder":true,"num":0}]'));
      raw.write(frame(Buffer.alloc(5000), { opcode: OPCODES.binary }).subarray(0, 2500));
      raw.socket.resetAndDestroy();
    },
  ];
  const done = await several(
    count,
    async (index) => {
      const raw = await (index % 6 === 0 ? RawSocket.open(port) : RawSocket.joined(port)).catch(
        (error) => {
          refused += 1;
          throw error;
        },
      );
      if (hold > 0) await wait(hold);
      await ways[index % ways.length](raw);
    },
    { atATime },
  );
  return { connections: done.length, refused };
}

/** A ping of Engine.IO as a frame. No other frame of the server holds these bytes: JSON escapes the second. */
const PING = Buffer.from([0x81, 1, 0x32]);

/** Answers pings, wherever in what comes they are. */
function answerPings(raw) {
  let rest = Buffer.alloc(0);
  raw.socket.on('data', (chunk) => {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const at = all.lastIndexOf(PING);
    if (at >= 0) raw.write(frame('3'));
    // One may come in two parts.
    rest = all.subarray(Math.max(at < 0 ? 0 : at + PING.length, all.length - PING.length + 1));
  });
}

/** Connections that join and then only answer pings. */
export async function idle({ port, seconds, connections }) {
  const until = Date.now() + seconds * 1000;
  const held = await several(
    connections,
    async () => {
      const raw = await RawSocket.joined(port);
      answerPings(raw);
      return raw;
    },
    { atATime: 100 },
  );
  await wait(Math.max(0, until - Date.now()));
  const open = held.filter(({ ended }) => !ended).length;
  for (const raw of held) raw.destroy();
  return { connections: held.length, open };
}
