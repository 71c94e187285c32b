// What one client sends must not cost the process its memory or others their turn, whether or not anybody listens.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import {
  after,
  client,
  connected,
  frame,
  next,
  poller,
  RawClient,
  run,
  serve,
  until,
} from './support.mjs';

const timeout = 60_000;
const MB = 1024 * 1024;

/** About a megabyte on the wire and thirty in the heap. */
const EXPENSIVE = `42["x",[${'{},'.repeat(330_000).slice(0, -1)}]]`;

for (const listens of [false, true]) {
  const who = listens ? 'somebody listens' : 'nobody listens';
  test(
    `messages that take much memory when parsed are parsed one by one (${who})`,
    { timeout },
    async (t) => {
      const { io, port, url } = await serve(t);
      let count = 0;
      io.on('connection', (socket) => {
        if (listens) socket.on('x', () => count++);
        socket.on('ask', (done) => done('answer'));
      });
      const floods = [];
      for (let i = 0; i < 4; i++) floods.push(await RawClient.joined(t, port));
      const asker = await connected(t, url);
      let heap = 0;
      const watch = setInterval(() => (heap = Math.max(heap, process.memoryUsage().heapUsed)), 5);
      after(t, () => clearInterval(watch));
      const before = process.memoryUsage().heapUsed;
      const message = frame(EXPENSIVE);
      const received = () => io.engine.native.stats().bytesIn;
      for (let i = 0; i < 15; i++) for (const flood of floods) flood.write(message);
      for (let i = 0; i < 10; i++) assert.equal(await asker.emitWithAck('ask'), 'answer');
      await until(() => received() >= 60 * EXPENSIVE.length);
      await until(() => io.engine.native.stats().pendingEvents === 0);
      assert.equal(await asker.emitWithAck('ask'), 'answer');
      if (listens) assert.equal(count, 60);
      // All at once they would take 2 GB.
      assert.ok(heap - before < 400 * MB, `${Math.round((heap - before) / MB)} MB`);
    },
  );
}

test(
  'a client that floods has its events wait, and those of others come in between',
  { timeout },
  async (t) => {
    const { io, port, url } = await serve(t);
    let floods = 0;
    io.on('connection', (socket) => {
      socket.on('flood', () => floods++);
      socket.on('ask', (done) => done(floods));
    });
    const one = await connected(t, url);
    const raw = await RawClient.joined(t, port);
    const COUNT = 200_000;
    raw.write(Buffer.concat(Array(COUNT).fill(frame('42["flood"]'))));
    await until(() => floods > 0);
    const answers = [];
    for (let i = 0; i < 10; i++) answers.push(await one.emitWithAck('ask'));
    assert.ok(answers[0] < COUNT / 2, `heard after ${answers[0]} of ${COUNT} events`);
    await until(() => floods === COUNT);
  },
);

test(
  'unfinished messages have a bound together, and small ones of others pass',
  { timeout },
  async (t) => {
    const BOUND = 1_000_000;
    const { io, port, url } = await serve(t, { maxPendingBytes: BOUND });
    io.on('connection', (socket) => socket.on('ask', (done) => done('answer')));
    const one = await connected(t, url);
    // Half a message each: together above the bound, and they never come to their end.
    const halves = [];
    for (let i = 0; i < 4; i++) {
      const raw = await RawClient.joined(t, port);
      raw.write(frame('x'.repeat(900_000)).subarray(0, 450_000));
      halves.push(raw);
    }
    for (let i = 0; i < 10; i++) assert.equal(await one.emitWithAck('ask'), 'answer');
    // Some of them are ended to make room.
    await until(() => halves.some((raw) => raw.ended));
    const other = await connected(t, url);
    assert.equal(await other.emitWithAck('ask'), 'answer');
  },
);

/** Sends the head of a POST and part of its body; `answer` resolves with what comes back. */
async function slowPost(t, port, sid, length, part = '') {
  const socket = net.connect(port, '127.0.0.1');
  after(t, () => socket.destroy());
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  await once(socket, 'connect');
  socket.write(
    `POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\n` +
      `Content-Length: ${length}\r\n\r\n${part}`,
  );
  return { socket, answer: once(socket, 'close').then(() => answer) };
}

test('a second body is refused before it is read', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  const session = await poller(port);
  await slowPost(t, port, session.sid, 900_000, 'x'.repeat(1000));
  const second = await slowPost(t, port, session.sid, 900_000);
  assert.match(await second.answer, /^HTTP\/1.1 400 /);
  assert.equal(io.engine.clientsCount, 0);
  const third = await slowPost(t, port, session.sid, 900_000);
  assert.match(await third.answer, /^HTTP\/1.1 400 .*Session ID unknown/s);
});

test('a body has a bounded time, and a bounded size before it is read', { timeout }, async (t) => {
  const { io, port } = await serve(t, { pingInterval: 200, pingTimeout: 300 });
  const late = await poller(port);
  const slow = await slowPost(t, port, late.sid, 900_000, 'x');
  assert.match(await slow.answer, /^HTTP\/1.1 (408|400) /);
  assert.equal(io.engine.clientsCount, 0);
  const session = await poller(port);
  const large = await slowPost(t, port, session.sid, 2_000_000);
  assert.match(await large.answer, /^HTTP\/1.1 413 /);
  assert.equal((await session.post('40')).status, 200, 'the session goes on');
});

test('bodies of many sessions have a bound together', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  const answers = [];
  for (let i = 0; i < 80; i++) {
    const { sid } = await poller(port);
    answers.push(await slowPost(t, port, sid, 990_000, 'x'.repeat(980_000)));
  }
  const refused = await Promise.race(answers.map(({ answer }) => answer));
  assert.match(refused, /^HTTP\/1.1 503 /);
  const session = await poller(port);
  assert.equal((await session.post('40')).status, 200, 'small ones still pass');
  assert.ok(io.engine.clientsCount > 60);
});

test('a client that comes with a large payload hears why it is refused', { timeout }, async (t) => {
  for (const handlers of [false, true]) {
    const { io, url } = await serve(t);
    if (handlers) io.on('connection', () => {});
    const auth = { token: 'x'.repeat(70_000) };
    const [error] = await next(client(t, url, { auth }), 'connect_error');
    assert.equal(error.message, 'connect payload larger than 65536 bytes');
    await connected(t, url, { auth: { token: 'x'.repeat(60_000) } });
  }
});

test(
  'clients that come when descriptors have run out cost one line, and later ones are served',
  { timeout },
  async () => {
    const { code, stdout, stderr } = await run(
      `
    import { createServer } from 'node:http';
    import net from 'node:net';
    import { openSync, closeSync } from 'node:fs';
    import { once } from 'node:events';
    import { upgradeRequest } from './tests/bridge/support.mjs';
    import { createRequire } from 'node:module';
    const { Server } = createRequire(import.meta.url)('./dist/socket-io/index.js');
    const lines = [];
    const logger = { error: (l) => lines.push(l), warn: (l) => lines.push(l), info() {}, debug() {} };
    const http = createServer();
    const io = new Server(http, { logger });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address();
    const sockets = [];
    for (let i = 0; i < 30; i++) {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      sockets.push(socket);
    }
    while ((await new Promise((r) => http.getConnections((_, n) => r(n)))) < 30) await new Promise((r) => setTimeout(r, 5));
    const taken = [];
    try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    const ends = sockets.map((socket) => { socket.resume(); return once(socket, 'close'); });
    // A refused connection gives its descriptor back, so the next one could be served: take it again.
    for (const socket of sockets) {
      socket.write(upgradeRequest());
      await new Promise((r) => setTimeout(r, 5));
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    }
    await Promise.all(ends);
    for (const fd of taken) closeSync(fd);
    await new Promise((r) => setTimeout(r, 50));
    const raw = net.connect(port, '127.0.0.1');
    raw.write(upgradeRequest());
    const [answer] = await once(raw, 'data');
    console.log(JSON.stringify({ lines, later: String(answer).slice(0, 12) }));
    process.exit();
    `,
      { type: 'module', setUp: 'ulimit -n 256' },
    );
    assert.equal(code, 0, stderr);
    const { lines, later } = JSON.parse(stdout);
    assert.equal(later, 'HTTP/1.1 101');
    assert.ok(lines.length > 0 && lines.length <= 10, `${lines.length} lines`);
    for (const line of lines)
      assert.match(line, /a connection was refused: .*(too many|Too many).*open files/i);
    assert.ok(lines.every((line) => !line.includes('\n')));
  },
);
