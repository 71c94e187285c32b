// A polling client reads an answer before it asks for the next: what it leaves unread is bounded.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import { after, POLLING, poller, serve, until } from './support.mjs';

const timeout = 60_000;
/** More than what the kernel takes for a client that does not read. */
const LARGE = 24 * 1024 * 1024;

/** Polls and does not read what comes. */
async function pollUnread(t, port, sid) {
  const socket = net.connect(port, '127.0.0.1');
  after(t, () => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${POLLING}&sid=${sid} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}

test('a poll while the last answer is unread ends the session', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxOutboxBytes: 2 * LARGE });
  const reasons = [];
  io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
  const session = await poller(port);
  await session.post('40');
  assert.match((await session.get()).body, /^40/);
  io.emit('large', 'x'.repeat(LARGE));
  const unread = await pollUnread(t, port, session.sid);
  await once(unread, 'readable');
  io.emit('more');
  assert.equal((await session.get()).status, 400);
  await until(() => reasons.length > 0);
  assert.equal(io.engine.clientsCount, 0);
  // The answer takes no more memory: its connection is closed.
  unread.resume();
  await once(unread, 'close');
});

test(
  'polls that come one after another on one connection may not pile up',
  { timeout },
  async (t) => {
    const { io, port } = await serve(t, { maxOutboxBytes: 2 * LARGE });
    const session = await poller(port);
    await session.post('40');
    await session.get();
    io.emit('large', 'x'.repeat(LARGE));
    const unread = await pollUnread(t, port, session.sid);
    await once(unread, 'readable');
    for (let i = 0; i < 60; i++) {
      unread.write(`GET ${POLLING}&sid=${session.sid} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    }
    await until(() => io.engine.clientsCount === 0);
  },
);

test('an answer nobody reads is given up with its session', { timeout }, async (t) => {
  const { io, port } = await serve(t, {
    maxOutboxBytes: 2 * LARGE,
    pingInterval: 200,
    pingTimeout: 200,
  });
  const session = await poller(port);
  io.of('/').on('connection', (socket) => socket.emit('large', 'x'.repeat(LARGE)));
  await session.post('40');
  const unread = await pollUnread(t, port, session.sid);
  await once(unread, 'readable');
  await until(() => io.engine.clientsCount === 0);
  const connections = () =>
    new Promise((resolve) => io.httpServer.getConnections((_, count) => resolve(count)));
  await until(async () => (await connections()) === 0);
});

test('clients that read large answers one after another stay', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxOutboxBytes: 2 * LARGE });
  const session = await poller(port);
  await session.post('40');
  await session.get();
  for (let i = 0; i < 10; i++) {
    io.emit('large', i, 'x'.repeat(LARGE / 4));
    const { status, body } = await session.get();
    assert.equal(status, 200);
    assert.ok(body.startsWith(`42["large",${i},`));
  }
});
