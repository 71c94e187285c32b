// Ends of sockets and connections: who hears what, with which reason.
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { next, parity, parityOnTransports } from './support.mjs';

parityOnTransports('the client leaves', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  socket.join('r');
  const disconnecting = new Promise((resolve) =>
    socket.on('disconnecting', (reason) => resolve([reason, [...socket.rooms].sort()])),
  );
  const disconnect = new Promise((resolve) =>
    socket.on('disconnect', (reason) => resolve([reason, socket.rooms.size, socket.connected])),
  );
  client.disconnect();
  assert.deepEqual(await disconnecting, ['client namespace disconnect', [socket.id, 'r'].sort()]);
  assert.deepEqual(await disconnect, ['client namespace disconnect', 0, false]);
});

parityOnTransports('the server sends a client away from the namespace', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const here = next(socket, 'disconnect');
  const there = next(client, 'disconnect');
  assert.equal(socket.disconnect(), socket);
  assert.deepEqual((await here)[0], 'server namespace disconnect');
  assert.deepEqual((await there)[0], 'io server disconnect');
  assert.equal(socket.disconnect(), socket);
});

parityOnTransports('the server closes the connection', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const here = next(socket, 'disconnect');
  const there = next(client, 'disconnect');
  const closed = next(socket.conn, 'close');
  socket.emit('last', 1);
  const last = next(client, 'last');
  socket.disconnect(true);
  assert.deepEqual(await last, [1]);
  assert.equal((await here)[0], 'server namespace disconnect');
  assert.equal((await there)[0], 'io server disconnect');
  assert.equal((await closed)[0], 'forced close');
  assert.notEqual(socket.conn.readyState, 'open');
});

parity('the transport goes away', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const here = next(socket, 'disconnect');
  client.io.engine.close();
  assert.equal((await here)[0], 'transport close');
});

parity('the transport breaks', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const here = next(socket, 'disconnect');
  client.io.engine.transport.ws.terminate?.() ?? client.io.engine.transport.ws.close();
  assert.equal((await here)[0], 'transport close');
});

parity('a silent client is let go', async (world) => {
  const { io, port } = await world.serve({ pingInterval: 30, pingTimeout: 30 });
  const connection = next(io, 'connection');
  // answers no ping
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  ws.on('open', () => ws.send('40'));
  const [socket] = await connection;
  assert.equal((await next(socket, 'disconnect'))[0], 'ping timeout');
  ws.terminate();
});

parity('closing conn ends the sockets', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const here = next(socket, 'disconnect');
  const there = next(client, 'disconnect');
  socket.conn.close();
  assert.equal((await here)[0], 'forced close');
  assert.equal((await there)[0], 'transport close');
});

parity('a packet that is none closes the connection', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const error = next(socket, 'error');
  const here = next(socket, 'disconnect');
  client.io.engine.write('abc');
  assert.ok((await error)[0] instanceof Error);
  assert.equal((await here)[0], 'forced close');
});

parity('a packet for a namespace that was not joined closes the connection', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const here = next(socket, 'disconnect');
  client.io.engine.write('2/nope,["x"]');
  assert.equal((await here)[0], 'forced close');
});

parityOnTransports('the server shuts down', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const here = next(socket, 'disconnect');
  const there = next(client, 'disconnect');
  const called = new Promise((resolve) => server.io.close(resolve));
  assert.equal((await here)[0], 'server shutting down');
  // a poll may meet the closed port before the client has read the close packet
  assert.match((await there)[0], /^transport (close|error)$/);
  await called;
  assert.equal(server.http.listening, false);
});

parity('handlers of a socket which has left are not called', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  socket.on('e', () => assert.fail('the socket had left'));
  const here = next(socket, 'disconnect');
  socket.use((_event, go) => {
    socket.disconnect();
    go();
  });
  client.emit('e');
  await here;
});

parity('a socket which has left joins nothing and hears nothing', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const here = next(socket, 'disconnect');
  client.disconnect();
  await here;
  socket.join('r');
  socket.emit('e');
  assert.equal(server.io.of('/').adapter.rooms.has('r'), false);
  assert.equal(server.io.sockets.sockets.has(socket.id), false);
});
