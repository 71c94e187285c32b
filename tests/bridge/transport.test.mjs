// How connections reach the engine: by descriptor, over TLS, over a Unix socket, with bytes already read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import {
  RawClient,
  WEBSOCKET,
  client,
  connected,
  frame,
  next,
  openDescriptors,
  poller,
  serve,
  until,
  upgradeRequest,
  after,
} from './support.mjs';

const timeout = 30_000;
const linux = { skip: process.platform !== 'linux' && 'looks into /proc' };

/** Node's handles for connections accepted on this port. */
const accepted = (port) =>
  process._getActiveHandles().filter((one) => one instanceof net.Socket && one.localPort === port);

/** A directory which goes with the test. */
function scratch(t) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'plugin-io-'));
  after(t, () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test(
  'a thousand connections leave no descriptor behind',
  { timeout: 60_000, ...linux },
  async (t) => {
    const server = await serve(t);
    const { io, port } = server;
    const round = async (i) => {
      const raw = await RawClient.joined(t, port);
      if (i % 2) raw.write(frame([0x03, 0xe8], { opcode: 8 }));
      else raw.destroy();
      await raw.end();
    };
    await round(0);
    await until(() => io.engine.clientsCount === 0);
    const before = openDescriptors();
    for (let i = 0; i < 1000; i += 25) {
      await Promise.all(Array.from({ length: 25 }, (_, n) => round(i + n)));
    }
    await until(() => io.engine.clientsCount === 0);
    await until(() => openDescriptors() <= before);
    assert.equal(io.engine.native.stats().connections, 0);
  },
);

test('a hundred upgrades from polling leave none either', { timeout, ...linux }, async (t) => {
  const { io, url } = await serve(t);
  const round = async () => {
    const one = client(t, url, { transports: ['polling', 'websocket'] });
    await new Promise((resolve) => one.io.engine.once('upgrade', resolve));
    one.disconnect();
  };
  await round();
  await until(() => io.engine.clientsCount === 0);
  const before = openDescriptors();
  for (let i = 0; i < 100; i += 10) await Promise.all(Array.from({ length: 10 }, round));
  await until(() => io.engine.clientsCount === 0);
  // connections of the client's HTTP agent end a moment later
  await until(() => openDescriptors() <= before);
});

for (const [how, prepare] of [
  ['without listeners', () => {}],
  ['with a connection listener', (io) => io.on('connection', () => {})],
]) {
  test(`Node has no handle for connections handed over, ${how}`, { timeout }, async (t) => {
    const { io, http, port } = await serve(t);
    prepare(io);
    const wraps = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap');
    await until(() => wraps().length === 0); // those of earlier tests
    const raws = await Promise.all(Array.from({ length: 20 }, () => RawClient.joined(t, port)));
    await until(() => accepted(port).length === 0);
    assert.equal(wraps().length, 20, 'the ends of the clients, which live here too');
    assert.equal(await new Promise((done) => http.getConnections((_, n) => done(n))), 0);
    assert.equal(io.engine.clientsCount, 20);
    io.emit('still', 'here');
    for (const raw of raws) assert.equal(await raw.next(), '42["still","here"]');
  });
}

test('what is sent right behind the upgrade request is not lost', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  io.on('connection', (socket) => socket.on('echo', (...args) => args.pop()(...args)));
  const event = frame(`421["echo","${'x'.repeat(100_000)}"]`);
  // all of what comes before an event, and a part of the event
  const behind = Buffer.concat([
    frame('4', { fin: false }),
    frame('!', { opcode: 9 }),
    frame('0', { opcode: 0 }),
    event.subarray(0, 40_000),
  ]);
  const raw = await RawClient.open(t, port, { behind });
  assert.equal(await raw.next(), '!', 'the pong');
  assert.match(await raw.next(), /^40\{"sid"/);
  raw.write(event.subarray(40_000));
  assert.equal(await raw.next(), `431["${'x'.repeat(100_000)}"]`);
});

test(
  'bytes behind the request that arrive while a middleware waits are kept',
  { timeout },
  async (t) => {
    const { io, port } = await serve(t);
    let go;
    io.engine.use((_req, _res, proceed) => (go = proceed));
    const connect = frame('40');
    const raw = new RawClient(port, { behind: connect.subarray(0, 3) });
    after(t, () => raw.destroy());
    await until(() => go);
    raw.write(connect.subarray(3));
    const connection = next(io, 'connection');
    await until(() => raw.socket.bytesWritten > 0 && raw.socket.writableLength === 0);
    go();
    assert.match(await raw.next(), /^0\{/);
    assert.match(await raw.next(), /^40\{/);
    assert.equal((await connection)[0].conn.transport.name, 'websocket');
  },
);

test('bytes behind the upgrade of a polling session are kept', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  const session = await poller(port);
  await session.post('40');
  await session.get();
  const raw = new RawClient(port, {
    path: `${WEBSOCKET}&sid=${session.sid}`,
    behind: Buffer.concat([frame('2probe'), frame('5')]),
  });
  after(t, () => raw.destroy());
  assert.equal(await raw.next(), '3probe');
  await until(() => {
    io.emit('x');
    return raw.messages.length > 0;
  });
  assert.equal(await raw.next(), '42["x"]');
});

function certificate(t) {
  const directory = scratch(t);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(directory, name));
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'
      .split(' ')
      .concat('-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert),
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function secure(t) {
  const keys = certificate(t);
  const server = await serve(
    t,
    {},
    createSecureServer(keys, (_req, res) => res.end('app')),
  );
  return { ...server, ca: keys.cert };
}

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  test(`TLS works (${transports.join(' to ')})`, { timeout }, async (t) => {
    const { io, url, ca } = await secure(t);
    const connection = next(io, 'connection');
    const one = client(t, url, { transports, ca });
    if (transports.length > 1) {
      await new Promise((resolve) => one.io.engine.once('upgrade', resolve));
    }
    const [socket] = await connection;
    assert.equal(socket.handshake.secure, true);
    socket.on('echo', (...args) => args.pop()(...args));
    // larger than what the stream between Node and the engine holds at a time, both ways
    const large = Buffer.alloc(600_000, 7);
    for (let n = 0; n < 4; n++) assert.deepEqual(await one.emitWithAck('echo', large), large);
    assert.equal(await one.emitWithAck('echo', 'ümlaut'), 'ümlaut');
    const left = next(socket, 'disconnect');
    one.disconnect();
    await left;
    await until(() => io.engine.clientsCount === 0);
  });
}

test('a TLS connection ends cleanly from either side', { timeout }, async (t) => {
  const { io, http, port, ca } = await secure(t);
  const dial = async () => {
    const socket = connectTls({ port, ca, host: '127.0.0.1' });
    const raw = await RawClient.joined(t, port, { socket });
    return raw;
  };
  const vanishing = await dial();
  vanishing.destroy();
  await until(() => io.engine.clientsCount === 0);
  const closing = await dial();
  io.disconnectSockets(true);
  assert.equal(await closing.next(), '41');
  await closing.end();
  assert.equal(closing.closeCode, 1005);
  await until(() => new Promise((done) => http.getConnections((_, n) => done(n === 0))));
  const shutting = await dial();
  await io.close();
  await shutting.end();
});

test('a Unix socket works', { timeout, skip: process.platform === 'win32' }, async (t) => {
  const socketPath = path.join(scratch(t), 'io.sock');
  const http = createServer();
  http.listen(socketPath);
  await once(http, 'listening');
  const { io } = await serve(t, {}, http);
  io.on('connection', (socket) => socket.on('echo', (value, done) => done(value)));
  const raw = await RawClient.joined(t, socketPath);
  raw.send('420["echo","hello"]');
  assert.equal(await raw.next(), '430["hello"]');
  await until(() => new Promise((done) => http.getConnections((_, n) => done(n === 0))));
  raw.destroy();
  await until(() => io.engine.clientsCount === 0);
});

test(
  'a client that is gone before its upgrade is decided costs nothing',
  { timeout, ...linux },
  async (t) => {
    const { io, port } = await serve(t);
    const waiting = [];
    io.engine.use((_req, _res, proceed) => waiting.push(proceed));
    const before = openDescriptors();
    const socket = net.connect(port, '127.0.0.1');
    socket.write(upgradeRequest());
    await until(() => waiting.length === 1);
    socket.destroy();
    await once(socket, 'close');
    waiting[0]();
    await until(() => openDescriptors() <= before);
    await until(() => io.engine.clientsCount === 0);
  },
);

test(
  'several servers share a process and a connected client hears only its own',
  { timeout },
  async (t) => {
    const [a, b] = [await serve(t), await serve(t)];
    const one = await connected(t, b.url);
    const heard = [];
    one.onAny((event) => heard.push(event));
    a.io.emit('a');
    const last = next(one, 'b');
    b.io.emit('b');
    await last;
    assert.deepEqual(heard, ['b']);
  },
);
