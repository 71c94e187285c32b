// Slow clients, slow handlers, and the order of what is sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  RawClient,
  after,
  client,
  connected,
  frame,
  next,
  poller,
  serve,
  until,
} from './support.mjs';

const timeout = 30_000;
const range = (n) => Array.from({ length: n }, (_, i) => i);

for (const [how, prepare] of [
  ['without listeners', () => {}],
  ['with a connection listener', (io) => io.on('connection', () => {})],
]) {
  test(
    `who does not read is let go at the bound while others hear everything, ${how}`,
    { timeout },
    async (t) => {
      const { io, port, url, log } = await serve(t, { maxOutboxBytes: 1 << 20 });
      prepare(io);
      const slow = await RawClient.joined(t, port);
      slow.socket.pause();
      const [quick, other] = [await connected(t, url), await connected(t, url)];
      const text = 'x'.repeat(60_000);
      const stats = () => io.engine.native.stats();
      let sent = 0;
      let longest = 0;
      while (stats().slowClosed === 0) {
        const heard = Promise.all([next(quick, 'news'), next(other, 'news')]);
        const began = performance.now();
        io.emit('news', sent, text);
        for (const [n, received] of await heard) {
          assert.equal(n, sent);
          assert.equal(received.length, text.length);
        }
        longest = Math.max(longest, performance.now() - began);
        assert.ok(++sent < 2000, 'the slow client is never let go');
      }
      assert.ok(longest < 2000, `a broadcast took ${longest} ms`);
      assert.ok(sent * 60_000 > 1 << 20, 'not before the bound');
      assert.equal(stats().slowClosed, 1);
      await until(() => io.engine.clientsCount === 2);
      await until(() => log.length > 0);
      assert.match(log.join('\n'), new RegExp(`^warn: .*${slow.sid}.*reads too slowly`));
      slow.socket.resume();
      await slow.end();
      const last = Promise.all([next(quick, 'last'), next(other, 'last')]);
      io.emit('last');
      await last;
    },
  );
}

test('the end of a slow client is told to its socket', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxOutboxBytes: 1 << 20 });
  const connection = next(io, 'connection');
  const slow = await RawClient.joined(t, port);
  slow.socket.pause();
  const [socket] = await connection;
  const disconnected = next(socket, 'disconnect');
  let ended = false;
  void disconnected.then(() => (ended = true));
  while (!ended) {
    socket.emit('data', Buffer.alloc(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await disconnected)[0], 'transport error');
  assert.equal(socket.connected, false);
});

test('a polling client which does not poll is let go at the bound', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxOutboxBytes: 100_000 });
  const session = await poller(port);
  await session.post('40');
  await session.get();
  for (let i = 0; i < 30; i++) io.emit('news', 'x'.repeat(10_000));
  await until(() => io.engine.native.stats().slowClosed === 1);
  assert.equal((await session.get()).status, 400);
  assert.equal(io.engine.clientsCount, 0);
});

test('tiny packets count what they take in memory', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxOutboxBytes: 100_000 });
  io.on('connection', (socket) => {
    for (let i = 0; i < 5000; i++) socket.emit('n');
  });
  const session = await poller(port);
  await session.post('40');
  await until(() => io.engine.native.stats().slowClosed === 1);
});

test('a burst within the bound reaches a client that reads', { timeout }, async (t) => {
  const { io, url } = await serve(t);
  const one = await connected(t, url);
  const numbers = [];
  const last = new Promise((resolve) => one.on('n', (n) => numbers.push(n) === 5000 && resolve()));
  for (const n of range(5000)) io.emit('n', n, 'x'.repeat(1000));
  await last;
  assert.deepEqual(numbers, range(5000));
  assert.equal(io.engine.native.stats().slowClosed, 0);
});

test(
  'a flood of events for slow handlers arrives whole and in order, and reading pauses',
  { timeout },
  async (t) => {
    const LIMIT = 100;
    const COUNT = 60_000;
    const { io, port } = await serve(t, { maxPendingEvents: LIMIT });
    const numbers = [];
    let peak = 0;
    const done = new Promise((resolve) =>
      io.on('connection', (socket) =>
        socket.on('n', (n) => {
          if (numbers.length % 500 === 0) {
            peak = Math.max(peak, io.engine.native.stats().pendingEvents);
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2); // a handler that takes its time
          }
          if (numbers.push(n) === COUNT) resolve();
        }),
      ),
    );
    const raw = await RawClient.joined(t, port);
    raw.write(Buffer.concat(range(COUNT).map((n) => frame(`42["n",${n}]`))));
    await done;
    assert.deepEqual(numbers, range(COUNT));
    // the bound, and what one read of 64 KiB may bring beyond it
    assert.ok(peak < LIMIT + 65_536 / 10, `${peak} events were waiting`);
    assert.ok(peak > 0);
  },
);

test('a flood from one client does not keep others from being heard', { timeout }, async (t) => {
  const { io, port, url } = await serve(t, { maxPendingEvents: 100 });
  io.on('connection', (socket) => {
    socket.on('flood', () => {});
    socket.on('ask', (done) => done('answer'));
  });
  const raw = await RawClient.joined(t, port);
  const chunk = Buffer.concat(range(1000).map(() => frame('42["flood"]')));
  let flooding = true;
  after(t, () => (flooding = false));
  const pour = () => {
    while (flooding && raw.write(chunk));
    if (flooding) raw.socket.once('drain', pour);
  };
  pour();
  const one = await connected(t, url);
  for (let i = 0; i < 20; i++) assert.equal(await one.timeout(5000).emitWithAck('ask'), 'answer');
  flooding = false;
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  test(
    `the order of everything sent holds (${transports.join(' to ')})`,
    { timeout },
    async (t) => {
      const { io, url } = await serve(t);
      const connection = next(io, 'connection');
      const one = client(t, url, { transports });
      const seen = [];
      const kept = [];
      const note = (n, ...rest) => {
        seen.push(n);
        if (rest[0] !== 'volatile') kept.push(n);
        const done = rest.at(-1);
        if (typeof done === 'function') done();
      };
      for (const event of ['emit', 'room', 'binary', 'volatile', 'ack', 'all']) one.on(event, note);
      const [socket] = await connection;
      socket.join('r');
      const expected = [];
      let n = 0;
      const kinds = [
        () => socket.emit('emit', n),
        () => io.to('r').emit('room', n),
        () => socket.emit('binary', n, Buffer.from([n & 255])),
        () => io.emit('binary', n, { nested: [Buffer.alloc(300), Buffer.alloc(3)] }),
        () => socket.emit('ack', n, () => {}),
        () => io.emit('all', n, 'x'.repeat(n % 7 === 0 ? 20_000 : 5)),
        () => socket.volatile.emit('volatile', n, 'volatile'),
        () => io.volatile.emit('volatile', n, 'volatile'),
      ];
      // goes on until the upgrade is long over, where there is one
      let upgraded = transports.length === 1;
      one.io.engine?.once('upgrade', () => (upgraded = true));
      for (let turn = 0; turn < 150 || !upgraded; turn++) {
        for (let i = 0; i < 10; i++) {
          const kind = (turn * 3 + i * 5) % kinds.length;
          kinds[kind]();
          if (kind < 6) expected.push(n);
          n++;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await socket.emitWithAck('ack', n);
      expected.push(n);
      assert.deepEqual(kept, expected);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
        'what is volatile may be missing but never late',
      );
      assert.equal(one.io.engine.transport.name, transports.at(-1));
    },
  );
}
