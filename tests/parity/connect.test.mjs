// Connecting: handshake fields, ids, errors, timeouts.
import assert from 'node:assert/strict';
import { joined, next, parity, parityOnTransports } from './support.mjs';

parityOnTransports('a client connects and both sides know the same id', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  assert.equal(client.id, socket.id);
  assert.equal(socket.connected, true);
  assert.equal(socket.disconnected, false);
  assert.equal(socket.nsp, server.io.sockets);
  assert.equal(socket.conn.protocol, 4);
  assert.equal(socket.client.conn, socket.conn);
  assert.equal(socket.request, socket.conn.request);
  assert.notEqual(socket.id, socket.conn.id);
  assert.deepEqual([...socket.rooms], [socket.id]);
  assert.equal(server.io.sockets.sockets.get(socket.id), socket);
  assert.equal(server.io.engine.clientsCount, 1);
});

parityOnTransports('the handshake has what the client sent', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server, '/', {
    auth: { token: 'abc', n: 1, deep: { a: [1, null] } },
    query: { color: 'blue', empty: '' },
    extraHeaders: { 'x-custom': 'yes' },
  });
  const { handshake } = socket;
  assert.deepEqual(handshake.auth, { token: 'abc', n: 1, deep: { a: [1, null] } });
  assert.equal(handshake.query.color, 'blue');
  assert.equal(handshake.query.empty, '');
  assert.equal(handshake.query.EIO, '4');
  assert.equal(handshake.query.transport, world.transports[0]);
  assert.equal(handshake.headers['x-custom'], 'yes');
  assert.match(handshake.headers.host, /^127\.0\.0\.1:\d+$/);
  assert.equal(handshake.address, '127.0.0.1');
  assert.equal(handshake.secure, false);
  assert.equal(handshake.xdomain, false);
  assert.equal(typeof handshake.issued, 'number');
  assert.ok(!Number.isNaN(Date.parse(handshake.time)));
  assert.match(handshake.url, /^\/socket\.io\/\?/);
  assert.equal(socket.request._query.color, 'blue');
  assert.equal(socket.request.headers['x-custom'], 'yes');
  assert.equal(socket.request.method, 'GET');
  assert.equal(socket.conn.remoteAddress, '127.0.0.1');
});

parity('an empty auth is an empty object', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server);
  assert.deepEqual({ ...socket.handshake.auth }, {});
});

parity('a cross-domain request is told from others by its origin', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server, '/', {
    extraHeaders: { origin: 'http://example.com' },
  });
  assert.equal(socket.handshake.xdomain, true);
});

parity('an unknown namespace is refused', async (world) => {
  const { url } = await world.serve();
  const client = world.client(`${url}/nope`);
  const [error] = await next(client, 'connect_error');
  assert.equal(error.message, 'Invalid namespace');
});

parity('a client which joins no namespace in time is let go', async (world) => {
  const { io, url } = await world.serve({ connectTimeout: 50 });
  io.use(() => {}); // never continues
  const client = world.client(url);
  const [reason] = await next(client.io, 'close');
  assert.equal(reason, 'transport close');
});

parity('several namespaces share one connection', async (world) => {
  const server = await world.serve();
  const { io, url } = server;
  io.of('/a');
  io.of('/b');
  const a = world.client(`${url}/a`, { forceNew: false });
  const b = world.client(`${url}/b`, { forceNew: false });
  await Promise.all([joined(a), joined(b)]);
  assert.equal(io.engine.clientsCount, 1);
  assert.equal(a.io, b.io);
  assert.notEqual(a.id, b.id);
  const left = next(a, 'disconnect');
  io.of('/a').disconnectSockets();
  assert.deepEqual((await left)[0], 'io server disconnect');
  assert.equal(b.connected, true);
});

parity('the server may be made from options, a port or a call', async (world) => {
  const { Server } = world.package;
  const options = world.quiet({ path: '/made' });
  const early = new Server(options);
  assert.equal(early.path(), '/made');
  const onPort = new Server(0, world.quiet({}));
  const called = world.package(0, world.quiet({}));
  world.onClose(() => Promise.all([onPort.close(), called.close()]));
  for (const io of [onPort, called]) {
    if (!io.httpServer.listening) await next(io.httpServer, 'listening');
    await world.connected(`http://127.0.0.1:${io.httpServer.address().port}`);
  }
});

parity('listen and attach come after the handlers', async (world) => {
  const { createServer } = await import('node:http');
  const io = new world.package.Server(world.quiet({}));
  io.use((_socket, go) => go());
  io.of('/chat').on('connection', (socket) => socket.emit('hello'));
  const http = createServer();
  assert.equal(io.attach(http), io);
  world.onClose(() => io.close());
  const { url } = await world.listen(http);
  const client = world.client(`${url}/chat`);
  await next(client, 'hello');
});

parity('a server is not attached to a request handler', async (world) => {
  const io = new world.package.Server(world.quiet({}));
  assert.throws(() => io.attach(() => {}), /express request handler function/);
});

parity('path, trailing slash and a port as a string', async (world) => {
  const server = await world.serve({ path: '/custom/path/', addTrailingSlash: false });
  assert.equal(server.io.path(), '/custom/path');
  const client = world.client(server.url, { path: '/custom/path', addTrailingSlash: false });
  await joined(client);
});

parity('connectTimeout, serveClient, path and adapter are read and set', async (world) => {
  const io = new world.package.Server(world.quiet({}));
  assert.equal(io.connectTimeout(), 45000);
  assert.equal(io.connectTimeout(10), io);
  assert.equal(io.connectTimeout(), 10);
  assert.equal(io.serveClient(), true);
  assert.equal(io.serveClient(false), io);
  assert.equal(io.serveClient(), false);
  assert.equal(io.path('/x'), io);
  assert.equal(io.path(), '/x');
  class Mine extends (await import('socket.io-adapter')).Adapter {}
  assert.equal(io.adapter(Mine), io);
  assert.equal(io.adapter(), Mine);
  assert.ok(io.of('/').adapter instanceof Mine);
});

parity('EIO=3 clients are refused unless they are allowed', async (world) => {
  const { url } = await world.serve();
  const answer = await fetch(`${url}/socket.io/?EIO=3&transport=polling`);
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), { code: 5, message: 'Unsupported protocol version' });
});
