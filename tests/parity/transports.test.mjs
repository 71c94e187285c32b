// What carries the connections: TLS, Unix sockets, HTTP/2, other upgrade listeners, and giving the server back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { joined, next, ours, parity, parityOnTransports } from './support.mjs';

const dir = mkdtempSync(path.join(tmpdir(), 'parity-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-keyout', path.join(dir, 'key.pem'), '-out', path.join(dir, 'cert.pem')],
  ],
  { stdio: 'ignore' },
);
const key = readFileSync(path.join(dir, 'key.pem'));
const cert = readFileSync(path.join(dir, 'cert.pem'));

async function exchange(world, server, options = {}) {
  const { client, socket } = await world.pair(server, '/', {
    rejectUnauthorized: false,
    ...options,
  });
  socket.on('echo', (value, answer) => answer(value));
  const big = 'x'.repeat(300_000);
  assert.equal(await client.emitWithAck('echo', big), big);
  const heard = next(client, 'all');
  server.io.emit('all', Buffer.alloc(200_000, 1));
  assert.equal((await heard)[0].length, 200_000);
  const gone = next(socket, 'disconnect');
  client.disconnect();
  await gone;
  return socket;
}

parityOnTransports('over TLS', async (world) => {
  const server = await world.serve({}, createTlsServer({ key, cert }));
  const socket = await exchange(world, { ...server, url: server.url.replace('http', 'https') });
  assert.equal(socket.handshake.secure, true);
});

parityOnTransports('over HTTP/2 with HTTP/1 allowed', async (world) => {
  const http = createSecureServer({ key, cert, allowHTTP1: true });
  const server = await world.serve({}, http);
  await exchange(world, { ...server, url: server.url.replace('http', 'https') });
});

parityOnTransports('over a Unix socket', async (world) => {
  const http = createServer();
  const io = new world.package.Server(http, world.quiet({}));
  world.onClose(() => io.close());
  const socketPath = path.join(dir, `${world.implementation}-${world.transports.join('-')}.sock`);
  http.listen(socketPath);
  await once(http, 'listening');
  // the client knows no such addresses: a relay on loopback does
  const relay = net.createServer((near) => {
    const far = net.connect(socketPath);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  world.onClose(() => relay.close());
  const { url } = await world.listen(relay);
  await exchange(world, { io, url });
});

// socket.io listens for messages a tick too late to see these
ours('bytes sent right behind the upgrade request are not lost', async (world) => {
  const { io, port } = await world.serve();
  const connection = next(io, 'connection');
  const connected = net.connect(port, '127.0.0.1');
  world.onClose(() => connected.destroy());
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, ...Buffer.from('40')]);
  const head =
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n' +
    'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  connected.write(Buffer.concat([Buffer.from(head), frame]));
  await connection;
});

parity('what is not a WebSocket is refused and the server lives on', async (world) => {
  const { io, port, url } = await world.serve();
  const upgrade = (path, headers) =>
    new Promise((resolve, reject) => {
      const req = request({
        port,
        host: '127.0.0.1',
        path,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      });
      req.on('response', (res) => resolve(res.resume().statusCode));
      req.on('upgrade', (res, socket) => resolve(socket.destroy() && res.statusCode));
      req.on('error', reject);
      req.end();
    });
  const ws = '/socket.io/?EIO=4&transport=websocket';
  assert.equal(await upgrade(ws, {}), 101);
  assert.equal(await upgrade(ws, { 'sec-websocket-key': 'short' }), 400);
  assert.equal(await upgrade(ws, { 'sec-websocket-version': '7' }), 400);
  const errors = [];
  io.engine.on('connection_error', ({ code }) => errors.push(code));
  assert.equal(await upgrade(`${ws}&sid=unknown`, {}), 400);
  assert.equal(await upgrade('/socket.io/?EIO=4&transport=nope', {}), 400);
  assert.deepEqual(errors, [1, 0]);
  await world.connected(url);
});

parity('other upgrade listeners keep their paths', async (world) => {
  const { http, url, port } = await world.serve();
  const hmr = new WebSocketServer({ noServer: true });
  world.onClose(() => hmr.close());
  http.on('upgrade', (req, socket, head) => {
    if (req.url === '/hmr') {
      hmr.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(data)));
    }
  });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/hmr`);
  await once(ws, 'open');
  ws.send('still here');
  assert.equal((await once(ws, 'message'))[0].toString(), 'still here');
  ws.close();
  await world.connected(url);
});

parity('two servers share one HTTP server on different paths', async (world) => {
  const first = await world.serve({ path: '/one' });
  const second = new world.package.Server(first.http, world.quiet({ path: '/two' }));
  world.onClose(() => second.engine.close());
  await world.connected(first.url, { path: '/one' });
  await world.connected(first.url, { path: '/two' });
  assert.equal(first.io.engine.clientsCount, 1);
  assert.equal(second.engine.clientsCount, 1);
});

parity('request listeners get what is not ours', async (world) => {
  const { url, port } = await world.serve(
    {},
    createServer((req, res) => res.end(`app ${req.url}`)),
  );
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/hello`)).text(), 'app /hello');
  assert.equal(
    await (await fetch(`http://127.0.0.1:${port}/socket.iox`)).text(),
    'app /socket.iox',
  );
  await world.connected(url);
});

parity('close ends everything and frees the port', async (world) => {
  const { io, http, url, port } = await world.serve();
  const clients = [];
  for (const transports of [['websocket'], ['polling']]) {
    clients.push(await world.connected(url, { transports }));
  }
  const left = clients.map((client) => next(client, 'disconnect'));
  await io.close();
  await Promise.all(left);
  assert.equal(http.listening, false);
  const again = createServer().listen(port, '127.0.0.1');
  await once(again, 'listening');
  again.close();
  await io.close().catch(() => {}); // a second close does no harm
});

parity('close resolves although polling clients have only just left', async (world) => {
  const { io, url } = await world.serve();
  for (let i = 0; i < 2; i++) {
    const client = await world.connected(url, { transports: ['polling'] });
    client.disconnect();
  }
  await io.close();
});

parity('a client that hears of the end finds the port free', async (world) => {
  const { io, url, port } = await world.serve();
  const client = await world.connected(url);
  const again = createServer();
  client.once('disconnect', () => again.listen(port, '127.0.0.1'));
  const listening = once(again, 'listening');
  await Promise.all([io.close(), listening]);
  again.close();
});

parity('clients reach a server which was attached late', async (world) => {
  const http = createServer();
  const { url } = await world.listen(http);
  const io = new world.package.Server(world.quiet({}));
  io.attach(http);
  world.onClose(() => io.close());
  await joined(world.client(url));
});

parityOnTransports('requests and upgrades may be handed to io.engine by hand', async (world) => {
  const { io } = await world.serve();
  const other = createServer((req, res) => io.engine.handleRequest(req, res));
  other.on('upgrade', (req, socket, head) => io.engine.handleUpgrade(req, socket, head));
  const { url } = await world.listen(other);
  world.onClose(() => other.close());
  const { client, socket } = await world.pair({ io, url });
  const here = next(socket, 'e');
  const there = next(client, 'e');
  client.emit('e', 1);
  socket.emit('e', 2);
  assert.deepEqual(await Promise.all([here, there]), [[1], [2]]);
});

parityOnTransports('closing io.engine ends every connection', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const ends = Promise.all([next(socket, 'disconnect'), next(client, 'disconnect')]);
  server.io.engine.close();
  const [[here], [there]] = await ends;
  assert.equal(here, 'forced close');
  assert.match(there, /^transport (close|error)$/);
});
