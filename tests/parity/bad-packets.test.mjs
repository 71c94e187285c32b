// What clients send that makes no sense, or not much: they get what they get from socket.io, and nothing else happens.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as msgpack from 'socket.io-msgpack-parser';
import { WebSocket } from 'ws';
import { joined, next, ours, parity, take } from './support.mjs';

const require = createRequire(import.meta.url);
const notepack = createRequire(require.resolve('socket.io-msgpack-parser'))('notepack.io');

const CLOSED = 'forced close';
const HALF = 'half a packet';

/** Socket.IO packets; what the socket sees of each, and whether it ends the connection. */
const packets = [
  ['', { error: true, end: CLOSED }],
  ['9', { error: 'unknown packet type 9', end: CLOSED }],
  ['2', { event: [] }],
  ['2[1]', { event: [1] }],
  ['2["error"]', { event: ['error'], error: true }],
  ['2{}', { error: 'invalid payload', end: CLOSED }],
  ['2[]', { error: 'invalid payload', end: CLOSED }],
  ['2["a"', { error: 'invalid payload', end: CLOSED }],
  ['2["connect"]', { error: 'invalid payload', end: CLOSED }],
  ['2["disconnect"]', { error: 'invalid payload', end: CLOSED }],
  ['2["newListener"]', { error: 'invalid payload', end: CLOSED }],
  ['2/unknown,["a"]', { end: CLOSED }],
  ['299999999999999999999["a"]', { event: ['a', 'function'] }],
  ['3', {}],
  ['31[]', {}],
  ['4', { end: CLOSED }],
  ['4"x"', { end: CLOSED }],
  ['4[]', { error: 'invalid payload', end: CLOSED }],
  ['0', { end: CLOSED }],
  ['0{"a":', { error: 'invalid payload', end: CLOSED }],
  ['1{}', { error: 'invalid payload', end: CLOSED }],
  ['5', { error: 'Illegal attachments', end: CLOSED }],
  ['5woooot', { error: 'Illegal attachments', end: CLOSED }],
  ['51-', HALF],
  ['51-["x"]', HALF],
];

/** Resolves when the server has read what the client sent before: another namespace answers after it. */
async function read(client) {
  await joined(client.io.socket('/other'));
}

for (const [packet, seen] of packets.filter(([, expected]) => expected !== HALF)) {
  parity(`"${packet}" does what it does in socket.io`, async (world) => {
    const server = await world.serve();
    server.io.of('/other');
    const { client, socket } = await world.pair(server);
    const told = {};
    socket.onAny((...args) => {
      told.event = args.map((arg) => (typeof arg === 'function' ? 'function' : arg));
    });
    socket.on('error', (error) => {
      told.error = typeof seen.error === 'string' ? error.message : true;
    });
    socket.on('disconnect', (reason) => (told.end = reason));
    const left = next(client, 'disconnect');
    client.io.engine.write(packet);
    await (seen.end ? left : read(client));
    assert.deepEqual(told, seen);
  });

  parity(`"${packet}" does the same where nobody listens`, async (world) => {
    const server = await world.serve();
    server.io.of('/other');
    const client = await world.connected(server.url);
    const left = next(client, 'disconnect');
    client.io.engine.write(packet);
    if (seen.end) return void (await left);
    await read(client);
    const heard = next(client, 'still here');
    server.io.emit('still here');
    await heard;
  });
}

for (const [packet] of packets.filter(([, expected]) => expected === HALF)) {
  parity(`after "${packet}" only its attachment may come`, async (world) => {
    const { client, socket } = await world.pair(await world.serve());
    const error = next(socket, 'error');
    client.io.engine.write(packet);
    client.io.engine.write('2["b"]');
    assert.match((await error)[0].message, /plaintext/);
    assert.equal((await next(client, 'disconnect'))[0], 'transport close');
  });
}

/** Small and repeatable. */
function createRandom(seed) {
  let state = seed;
  const random = (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { random, pick: (list) => list[random(list.length)] };
}

const ODD = ['', '0', '9', '"', '[', ']', '{', '}', ',', '-', '/', '\\u0000', '1e9', 'null', 'ü'];
const VALUES = [
  undefined,
  null,
  true,
  0,
  -1,
  2 ** 53,
  NaN,
  '',
  'e',
  '/',
  '__proto__',
  Buffer.from('b'),
];

function oddText({ random, pick }) {
  let text = pick([
    ...packets.map(([packet]) => packet),
    '2["e",1]',
    '27["e"]',
    '30[1]',
    '0/other,{}',
  ]);
  for (let edits = random(3); edits > 0; edits -= 1) {
    const at = random(text.length + 1);
    text = text.slice(0, at) + pick(ODD) + text.slice(at + random(2));
  }
  return `4${text}`;
}

function oddValue(dice, depth = 2) {
  const { random, pick } = dice;
  if (depth === 0 || random(3) > 0) return pick(VALUES);
  const inner = () => oddValue(dice, depth - 1);
  if (random(2)) return Array.from({ length: random(3) }, inner);
  return { [pick(['toString', 'then', 'length', 'type'])]: inner(), b: inner() };
}

function oddPacket(dice) {
  const { random, pick } = dice;
  const likely = (value) => (random(3) ? value : oddValue(dice));
  const data = random(2) ? [likely('e'), oddValue(dice)] : oddValue(dice);
  return notepack.encode({
    type: likely(pick([0, 1, 2, 3, 4])),
    nsp: likely('/'),
    id: likely(1),
    data,
  });
}

const dialects = {
  json: { options: {}, hello: '40', odd: oddText },
  msgpack: {
    options: { parser: msgpack },
    hello: notepack.encode({ type: 0, nsp: '/' }),
    odd: oddPacket,
  },
};

for (const [name, { options, hello, odd }] of Object.entries(dialects)) {
  ours(
    `3,000 odd packets in ${name} do not get out of the server`,
    async (world) => {
      const escaped = [];
      const catcher = (error) => escaped.push(error);
      const names = ['uncaughtException', 'unhandledRejection'];
      for (const one of names) process.on(one, catcher);
      world.onClose(() => names.forEach((one) => process.off(one, catcher)));
      const server = await world.serve(options);
      server.io.of(/^\/other$/);
      server.io.on('connection', (socket) => {
        socket.use((event, go) => go());
        socket.onAny(() => {});
        socket.on('error', () => {});
        socket.on('e', (...args) =>
          args.filter((arg) => typeof arg === 'function').forEach((ack) => ack(1)),
        );
        socket.emit('asks', () => {});
      });
      const dice = createRandom(20_261_122);
      for (let sent = 0; sent < 3_000;) {
        const ws = new WebSocket(
          `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
        );
        const greeted = take(ws, 'message', 2);
        await next(ws, 'open');
        const closed = next(ws, 'close');
        ws.send(hello);
        await greeted;
        // Few at a time: what ends the connection also ends what came before it.
        for (let some = 1 + dice.random(3); some > 0; some -= 1, sent += 1) ws.send(odd(dice));
        ws.close();
        await closed;
      }
      const { client, socket } = await world.pair(server, '/', options);
      const heard = next(client, 'alive');
      socket.emit('alive');
      await heard;
      assert.deepEqual(escaped, []);
    },
    { timeout: 60_000 },
  );
}
