// The HTTP server belongs to somebody else: what is not ours is left alone, and everything is given back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import {
  RawClient,
  Server,
  assertAlive,
  connected,
  http as fetchRaw,
  next,
  run,
  serve,
  until,
  upgradeRequest,
  after,
} from './support.mjs';

const timeout = 20_000;

/** An echo for WebSockets, to be attached in some way or other. */
function echo(t) {
  const wss = new WebSocketServer({ noServer: true });
  after(t, () => wss.close());
  const take = (req, socket, head) =>
    wss.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(String(data))));
  return take;
}

async function assertEcho(url, protocol) {
  const ws = new WebSocket(url, protocol);
  await once(ws, 'open');
  for (const text of ['one', 'two']) {
    ws.send(text);
    assert.equal(String((await once(ws, 'message'))[0]), text);
  }
  ws.close();
  await once(ws, 'close');
}

for (const when of ['before', 'after']) {
  test(`an upgrade listener added ${when} ours keeps its paths`, { timeout }, async (t) => {
    const http = createServer();
    const take = echo(t);
    const listener = (req, socket, head) => {
      if (req.url.startsWith('/other')) take(req, socket, head);
    };
    if (when === 'before') http.on('upgrade', listener);
    const server = await serve(t, {}, http);
    if (when === 'after') http.on('upgrade', listener);
    await connected(t, server.url);
    await assertEcho(`ws://127.0.0.1:${server.port}/other?sid=1&transport=websocket`);
    await assertEcho(`ws://127.0.0.1:${server.port}/other/socket.io/`);
    await assertAlive(t, server);
  });
}

test('an upgrade that another listener may still answer is not touched', { timeout }, async (t) => {
  const http = createServer();
  const { port } = await serve(t, {}, http);
  let late;
  http.on('upgrade', (_req, socket) => (late = socket));
  const socket = net.connect(port, '127.0.0.1');
  after(t, () => socket.destroy());
  socket.write(upgradeRequest('/slow'));
  await until(() => late);
  // a round trip on another connection: whatever we would do has been done
  await fetchRaw(port, '/socket.io/?EIO=4&transport=polling');
  assert.deepEqual([late.destroyed, late.bytesWritten, socket.bytesRead], [false, 0, 0]);
  late.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 403/);
});

test('the HMR of a Vite dev server on the same HTTP server works', { timeout }, async (t) => {
  const vite = await import('vite').catch(() => null);
  if (!vite) return t.skip('vite is not installed');
  const directory = mkdtempSync(path.join(os.tmpdir(), 'plugin-io-vite-'));
  after(t, () => rmSync(directory, { recursive: true, force: true }));
  const http = createServer();
  const server = await serve(t, {}, http);
  const dev = await vite.createServer({
    root: directory,
    configFile: false,
    logLevel: 'silent',
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: { server: http } },
  });
  after(t, () => dev.close());
  const hmr = new WebSocket(`ws://127.0.0.1:${server.port}/`, 'vite-hmr');
  after(t, () => hmr.terminate());
  assert.deepEqual(JSON.parse((await once(hmr, 'message'))[0]), { type: 'connected' });
  await assertAlive(t, server);
  const update = once(hmr, 'message');
  dev.hot.send({ type: 'custom', event: 'test', data: 1 });
  assert.deepEqual(JSON.parse((await update)[0]), { type: 'custom', event: 'test', data: 1 });
  // ours is gone, Vite's goes on
  await server.io.detach();
  const again = once(hmr, 'message');
  dev.hot.send({ type: 'custom', event: 'test', data: 2 });
  assert.equal(JSON.parse((await again)[0]).data, 2);
});

test('a request handler which upgrades by itself gets its request', { timeout }, async (t) => {
  const take = echo(t);
  const server = await serve(
    t,
    {},
    createServer((req, res) => {
      if (req.url === '/admin/transfer') take(req, req.socket, Buffer.alloc(0));
      else res.writeHead(426, { 'Content-Type': 'text/plain' }).end(`no upgrade at ${req.url}`);
    }),
  );
  await assertEcho(`ws://127.0.0.1:${server.port}/admin/transfer`);
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write(upgradeRequest('/nowhere'));
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  await once(socket, 'close');
  assert.match(answer, /^HTTP\/1\.1 426 .*\r\nno upgrade at \/nowhere\r\n/s);
  await assertAlive(t, server);
});

test('requests which are not ours go where they went before', { timeout }, async (t) => {
  const seen = [];
  const http = createServer((req, res) => {
    seen.push(req.url);
    res.end('app');
  });
  const { port } = await serve(t, {}, http);
  for (const url of ['/', '/socket.io', '/socket.iox/', '/api?x=/socket.io/']) {
    assert.equal((await fetchRaw(port, url)).body, 'app');
  }
  assert.deepEqual(seen, ['/', '/socket.io', '/socket.iox/', '/api?x=/socket.io/']);
  assert.equal((await fetchRaw(port, '/socket.io/')).status, 400);
  assert.equal(seen.length, 4);
});

test('close gives the listeners back and frees the port', { timeout }, async (t) => {
  const app = (_req, res) => res.end('app');
  const http = createServer(app);
  const upgrade = () => {};
  http.on('upgrade', upgrade);
  const closing = http.listeners('close');
  const { io, port } = await serve(t, {}, http);
  const raw = await RawClient.joined(t, port);
  await io.close();
  await raw.end();
  assert.deepEqual(http.listeners('request'), [app]);
  assert.deepEqual(http.listeners('upgrade'), [upgrade]);
  assert.deepEqual(http.listeners('close'), closing);
  assert.equal(http.listening, false);
  const successor = net.createServer().listen(port, '127.0.0.1');
  await once(successor, 'listening');
  successor.close();
  await io.close();
});

test('one server follows another on the same HTTP server', { timeout }, async (t) => {
  const http = createServer((_req, res) => res.end('app'));
  after(t, () => http.close());
  const listeners = () => ['request', 'upgrade', 'close'].map((name) => http.listenerCount(name));
  const before = listeners();
  for (let round = 0; round < 10; round++) {
    const server = await serve(t, {}, http);
    await assertAlive(t, server);
    await server.io.detach();
    assert.deepEqual(listeners(), before);
    assert.equal((await fetchRaw(server.port, '/socket.io/')).body, 'app');
  }
});

test('closing the HTTP server closes ours', { timeout }, async (t) => {
  const { io, http, port } = await serve(t);
  const raw = await RawClient.joined(t, port);
  const gone = next(raw.socket, 'close');
  http.close();
  await gone;
  await io.close();
});

test(
  'the process ends by itself, with clients of each transport connected',
  { timeout: 30_000 },
  async () => {
    const { code, stdout, stderr } = await run(`
    const { createServer } = require('node:http');
    const { Server } = require('./dist/socket-io/index.js');
    const { io: connect } = require('socket.io-client');
    const http = createServer().listen(0, '127.0.0.1', async () => {
      const io = new Server(http);
      io.on('connection', () => {});
      const url = 'http://127.0.0.1:' + http.address().port;
      const clients = [['websocket'], ['polling'], ['polling', 'websocket']].map((transports) =>
        connect(url, { transports, forceNew: true, reconnection: false }));
      await Promise.all(clients.map((one) => new Promise((done) => one.on('connect', done))));
      const left = Promise.all(clients.map((one) => new Promise((done) => one.on('disconnect', done))));
      await io.close();
      await left;
      console.log('closed', process.getActiveResourcesInfo().filter((one) => one === 'TCPServerWrap').length);
    });
  `);
    assert.deepEqual([code, stdout], [0, 'closed 0'], stderr);
  },
);

test('a server which never listened can be closed', { timeout }, async () => {
  const io = new Server(createServer());
  await io.close();
  await new Server().close();
});
