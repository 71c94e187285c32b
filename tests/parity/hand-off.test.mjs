// What only ours does: connections leave Node, objects are made when they are needed, the HTTP server is given back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { joined, next, ours } from './support.mjs';

const require = createRequire(import.meta.url);
const { NativeConn } = require('../../dist/socket-io/native-conn.js');

/** Resolves when `condition` holds, asked again whenever the loop has turned. */
async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

/** Counts the connection objects made while `run` runs. */
async function countConns(run) {
  let made = 0;
  const { emit } = NativeConn.prototype;
  const seen = new WeakSet();
  NativeConn.prototype.emit = function (...args) {
    if (!seen.has(this)) made++;
    seen.add(this);
    return emit.apply(this, args);
  };
  try {
    await run();
  } finally {
    delete NativeConn.prototype.emit;
  }
  return made;
}

ours('Node holds no handle for a WebSocket', async (world) => {
  const { io, http, url } = await world.serve();
  const raw = net.connect(new URL(url).port, '127.0.0.1');
  world.onClose(() => raw.destroy());
  const connection = next(io, 'connection');
  raw.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n' +
      'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  raw.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, ...Buffer.from('40')]));
  await connection;
  await until(() => new Promise((resolve) => http.getConnections((_, n) => resolve(n === 0))));
  assert.equal(raw.destroyed, false);
  assert.equal(io.engine.clientsCount, 1);
});

ours('without listeners a connection has no JavaScript object', async (world) => {
  const { io, url } = await world.serve();
  const made = await countConns(async () => {
    const a = await world.connected(url);
    const b = await world.connected(url, { transports: ['polling'] });
    const heard = Promise.all([next(a, 'all'), next(b, 'all')]);
    io.emit('all', 1, Buffer.from('x'));
    await heard;
    a.emit('ignored', 1);
    assert.equal(io.sockets.sockets.size, 2);
    assert.equal(io.of('/').adapter.rooms.size, 2);
    io.to(a.id).socketsJoin('r');
    assert.deepEqual([...io.of('/').adapter.rooms.get('r')], [a.id]);
    const left = next(b, 'disconnect');
    b.io.engine.close();
    await left;
    await until(() => io.engine.clientsCount === 1);
  });
  assert.equal(made, 0);
});

ours('a socket read later is faithful', async (world) => {
  const { io, url } = await world.serve();
  io.of('/chat');
  const client = await world.connected(`${url}/chat?color=blue`, {
    auth: { token: 't' },
    extraHeaders: { 'x-custom': 'yes' },
  });
  const nsp = io.of('/chat');
  assert.ok(nsp.sockets.has(client.id));
  const socket = nsp.sockets.get(client.id);
  assert.equal(socket.id, client.id);
  assert.equal(socket, nsp.sockets.get(client.id));
  assert.equal(socket.nsp, nsp);
  assert.equal(socket.connected, true);
  assert.equal(socket.recovered, false);
  assert.deepEqual([...socket.rooms], [socket.id]);
  assert.deepEqual(socket.handshake.auth, { token: 't' });
  assert.equal(socket.handshake.query.color, 'blue');
  assert.equal(socket.handshake.headers['x-custom'], 'yes');
  assert.equal(socket.handshake.address, '127.0.0.1');
  assert.equal(socket.handshake.secure, false);
  assert.ok(Math.abs(socket.handshake.issued - Date.now()) < 10_000);
  assert.equal(socket.request.url, socket.handshake.url);
  assert.equal(socket.request.headers.upgrade, 'websocket');
  assert.equal(socket.conn.transport.name, 'websocket');
  socket.on('ask', (answer) => answer('yes'));
  assert.equal(await client.emitWithAck('ask'), 'yes');
  client.on('ask', (answer) => answer('client'));
  assert.equal(await socket.emitWithAck('ask'), 'client');
  assert.deepEqual(await nsp.timeout(5000).emitWithAck('ask'), ['client']);
  const gone = next(socket, 'disconnect');
  client.disconnect();
  assert.equal((await gone)[0], 'client namespace disconnect');
});

ours('a listener added late sees clients which join later', async (world) => {
  const { io, url } = await world.serve();
  const first = await world.connected(url);
  const chat = io.of('/chat');
  const connection = next(chat, 'connection');
  const second = first.io.socket('/chat');
  const [[socket]] = await Promise.all([connection, joined(second)]);
  assert.equal(socket.id, second.id);
  assert.equal(io.sockets.sockets.get(first.id).client, socket.client);
});

ours('disconnectSockets and fetchSockets reach native clients', async (world) => {
  const { io, url } = await world.serve();
  const clients = [await world.connected(url), await world.connected(url)];
  const sockets = await io.fetchSockets();
  assert.deepEqual(sockets.map(({ id }) => id).sort(), clients.map(({ id }) => id).sort());
  const left = Promise.all(clients.map((client) => next(client, 'disconnect')));
  io.disconnectSockets();
  for (const [reason] of await left) assert.equal(reason, 'io server disconnect');
});

ours('detach leaves the HTTP server as it was', async (world) => {
  const app = (req, res) => res.end('app');
  const http = createServer(app);
  const upgrade = () => {};
  http.on('upgrade', upgrade);
  const close = http.listeners('close');
  const io = new world.package.Server(http, world.quiet({}));
  const { url } = await world.listen(http);
  world.onClose(() => http.close());
  const client = await world.connected(url);
  const left = next(client, 'disconnect');
  const later = () => {};
  http.on('request', later);
  await io.detach();
  await left;
  assert.deepEqual(http.listeners('request'), [app, later]);
  assert.deepEqual(http.listeners('upgrade'), [upgrade]);
  assert.deepEqual(http.listeners('close'), close);
  assert.equal(await (await fetch(`${url}/socket.io/`)).text(), 'app');
  const again = new world.package.Server(http, world.quiet({}));
  world.onClose(() => again.detach());
  await world.connected(url);
});

ours('an upgrade nobody takes is handed back as a request', async (world) => {
  const wss = new WebSocketServer({ noServer: true });
  world.onClose(() => wss.close());
  const { url, port } = await world.serve(
    {},
    createServer((req, res) => {
      if (req.url !== '/transfer') return res.writeHead(426).end('no');
      // as Strapi's data transfer does in a route
      wss.handleUpgrade(req, req.socket, Buffer.alloc(0), (ws) =>
        ws.on('message', (data) => ws.send(data)),
      );
    }),
  );
  const ws = new WebSocket(`ws://127.0.0.1:${port}/transfer`);
  await once(ws, 'open');
  ws.send('transfer');
  assert.equal((await once(ws, 'message'))[0].toString(), 'transfer');
  ws.close();
  const refused = new WebSocket(`ws://127.0.0.1:${port}/elsewhere`);
  assert.match((await once(refused, 'error'))[0].message, /426/);
  await world.connected(url);
});

ours('the process ends by itself after close', async () => {
  const script = `
    const { Server } = require('./dist/socket-io/index.js');
    const { io } = require('socket.io-client');
    const server = new Server(0);
    server.httpServer.once('listening', () => {
      const client = io('http://127.0.0.1:' + server.httpServer.address().port);
      client.on('connect', async () => {
        client.disconnect();
        await server.close();
        console.log('closed');
      });
    });`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = once(child.stdout, 'data');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.equal(String((await output)[0]).trim(), 'closed');
});

ours('two servers live in one process, each closed by itself', async (world) => {
  const a = await world.serve();
  const b = await world.serve();
  const client = await world.connected(b.url);
  await a.io.close();
  const heard = next(client, 'e');
  b.io.emit('e');
  await heard;
});

ours('perMessageDeflate is declined with one warning', async (world) => {
  const { url } = await world.serve({ perMessageDeflate: true });
  await world.connected(url);
  await world.connected(url);
  const warnings = world.reports.filter((line) => line.includes('perMessageDeflate'));
  assert.equal(warnings.length, 1);
});

ours(
  'a thousand connections leave no descriptor behind',
  async (world) => {
    const { io, url } = await world.serve();
    const open = () => readdirSync('/proc/self/fd').length;
    await world.connected(url).then((client) => client.disconnect());
    await until(() => io.engine.clientsCount === 0);
    const before = open();
    for (let round = 0; round < 20; round++) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => world.connected(url)));
      for (const client of clients) client.disconnect();
      await until(() => io.engine.clientsCount === 0);
    }
    await until(() => open() <= before + 5);
  },
  { timeout: 60_000, skip: process.platform !== 'linux' && 'counts descriptors in /proc' },
);

ours('acknowledgements make objects for those only who are asked', async (world) => {
  const { io, url } = await world.serve();
  const clients = [];
  for (let i = 0; i < 3; i += 1) clients.push(await world.connected(url));
  clients[0].on('ask', (answer) => answer('here'));
  assert.deepEqual(await io.to(clients[0].id).timeout(5_000).emitWithAck('ask'), ['here']);
  const error = await io
    .to(clients[1].id)
    .timeout(20)
    .emitWithAck('ask')
    .catch((reason) => reason);
  assert.deepEqual(error.responses, []);
  const made = io.sockets.sockets.materialized().map(({ id }) => id);
  assert.deepEqual(made.sort(), [clients[0].id, clients[1].id].sort());
  assert.ok(io.sockets.sockets.materialized().every(({ acks }) => acks.size === 0));
});
