// Thousands of malformed frames, packets and bodies, the same in each run: nothing but counters may change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, assertAlive, frame, poller, serve, until } from './support.mjs';

const timeout = 60_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20261121);

/** mulberry32 */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Fuzz {
  constructor(seed) {
    this.random = random(seed);
  }
  below(n) {
    return Math.floor(this.random() * n);
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  bytes(max) {
    return Buffer.from(Array.from({ length: this.below(max) }, () => this.below(256)));
  }

  /** A valid thing with a few bytes replaced, removed, added or repeated. */
  mutate(source) {
    let bytes = Buffer.from(source);
    for (let n = this.below(4); n >= 0; n--) {
      const at = this.below(bytes.length + 1);
      const rest = bytes.subarray(at + this.below(3));
      const between = this.pick([this.bytes(3), Buffer.from(this.pick(ODDITIES)), Buffer.alloc(0)]);
      bytes = Buffer.concat([bytes.subarray(0, at), between, rest]);
    }
    return bytes;
  }
}

const ODDITIES = [
  '\x1e',
  '-',
  ',',
  '/',
  '"',
  '[',
  ']',
  '{}',
  '\\u0000',
  '9'.repeat(30),
  'é',
  '\u2028',
  'b',
  ':',
];
const PACKETS = [
  '40',
  '40{"token":"t"}',
  '40/chat,{"a":[1,{"b":null}]}',
  '41',
  '41/chat,',
  '42["event",1,"two",{"three":3}]',
  '4212["event"]',
  '42/chat,7["event",[]]',
  '431[true]',
  '43/chat,0[]',
  '44{"message":"no"}',
  '451-["file",{"_placeholder":true,"num":0}]',
  '452-/chat,["f",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
  '461-3[{"_placeholder":true,"num":0}]',
  '2',
  '3',
  '5',
  '6',
  '1',
  '0{"sid":"x"}',
  'bAQIDBA==',
];

const prepare = {
  natively: (io) => io.of('/chat'),
  'with JavaScript': (io) => {
    for (const nsp of [io, io.of('/chat')]) {
      nsp.use((socket, proceed) =>
        proceed(socket.handshake.auth.token === 't' ? new Error('no') : undefined),
      );
      nsp.on('connection', (socket) => {
        socket.onAny((_event, ...args) => {
          const done = args.at(-1);
          if (typeof done === 'function') done(...args.slice(0, -1));
        });
        socket.emit('hello', Buffer.from('x'), () => {});
      });
    }
  },
};

// sessions that nothing was wrong with end by their ping timeout
const options = { pingInterval: 300, pingTimeout: 200, allowEIO3: true, maxHttpBufferSize: 5000 };

async function inBatches(count, size, one) {
  for (let i = 0; i < count; i += size) {
    await Promise.all(Array.from({ length: Math.min(size, count - i) }, (_, n) => one(i + n)));
  }
}

async function assertUnharmed(t, server) {
  await assertAlive(t, server);
  await until(() => server.io.engine.clientsCount === 0);
  // JavaScript hears of the last ends a moment later
  await until(() => server.io.engine.native.connIds().length === 0);
  for (const nsp of ['/', '/chat']) {
    await until(() => server.io.of(nsp).sockets.size === 0);
    await until(() => server.io.of(nsp).adapter.rooms.size === 0);
  }
  assert.deepEqual(
    server.log.filter((line) => line.startsWith('error')),
    [],
  );
}

for (const [how, setUp] of Object.entries(prepare)) {
  test(`700 connections of malformed frames (${how})`, { timeout }, async (t) => {
    const server = await serve(t, options);
    setUp(server.io);
    const fuzz = new Fuzz(SEED);
    const opcode = () => fuzz.pick([0, 1, 1, 1, 2, 2, 3, 8, 9, 10, 15]);
    const shape = () => ({ opcode: opcode(), fin: fuzz.below(4) > 0, rsv: fuzz.below(12) ? 0 : 1 });
    await inBatches(700, 35, async () => {
      const raw = await RawClient.open(t, server.port);
      const parts = Array.from({ length: 1 + fuzz.below(6) }, () => {
        const payload = fuzz.pick([fuzz.mutate(fuzz.pick(PACKETS)), fuzz.bytes(300)]);
        return fuzz.pick([frame(payload, shape()), fuzz.mutate(frame(payload)), fuzz.bytes(40)]);
      });
      raw.write(frame('40'));
      for (const part of parts) raw.write(part);
      raw.socket.end();
      await raw.end();
    });
    await assertUnharmed(t, server);
  });

  test(`700 connections of malformed packets (${how})`, { timeout }, async (t) => {
    const server = await serve(t, options);
    setUp(server.io);
    const fuzz = new Fuzz(SEED + 1);
    await inBatches(700, 35, async (i) => {
      const raw = await RawClient.open(t, server.port);
      raw.send('40');
      if (i % 2) await raw.next();
      for (let n = 1 + fuzz.below(5); n > 0; n--) {
        // text which is valid UTF-8, so that it gets past the frames
        if (fuzz.below(6)) raw.send(fuzz.mutate(fuzz.pick(PACKETS)).toString());
        else raw.send(fuzz.bytes(50), { opcode: 2 });
      }
      raw.write(frame([3, 0xe8], { opcode: 8 }));
      await raw.end();
    });
    await assertUnharmed(t, server);
  });

  test(`800 malformed polling bodies (${how})`, { timeout }, async (t) => {
    const server = await serve(t, options);
    setUp(server.io);
    const fuzz = new Fuzz(SEED + 2);
    const types = ['text/plain;charset=UTF-8', 'application/octet-stream', 'x/y', 'text/plain'];
    await inBatches(800, 20, async (i) => {
      const old = i % 3 === 0;
      const session = await poller(server.port, old ? 'EIO=3' : 'EIO=4');
      const packets = Array.from({ length: 1 + fuzz.below(4) }, () =>
        fuzz.mutate(fuzz.pick(PACKETS)),
      );
      const joined = old
        ? packets.flatMap((one) => [Buffer.from(`${one.toString().length}:`), one])
        : packets.flatMap((one) => [one, Buffer.from('\x1e')]);
      const body = fuzz.pick([
        Buffer.concat(joined),
        fuzz.mutate(Buffer.concat(joined)),
        fuzz.bytes(200),
      ]);
      const { status } = await session.post(body, { 'Content-Type': fuzz.pick(types) });
      assert.ok([200, 400, 413].includes(status), `${status} for ${body.toString('base64')}`);
    });
    await assertUnharmed(t, server);
  });
}

test('a thousand malformed requests are answered', { timeout }, async (t) => {
  const server = await serve(t, options);
  const fuzz = new Fuzz(SEED + 3);
  const request =
    'GET /socket.io/?EIO=4&transport=websocket&sid=abc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n' +
    'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const net = await import('node:net');
  await inBatches(1000, 50, async () => {
    const socket = net.connect(server.port, '127.0.0.1').resume();
    socket.on('error', () => {});
    socket.end(fuzz.mutate(request));
    await new Promise((resolve) => socket.once('close', resolve));
  });
  await assertUnharmed(t, server);
});
