// Namespaces: static, dynamic, their middlewares and events.
import assert from 'node:assert/strict';
import { joined, next, parity } from './support.mjs';

parity('namespaces are separate', async (world) => {
  const server = await world.serve();
  const { io } = server;
  const main = await world.pair(server);
  const chat = await world.pair(server, '/chat');
  chat.socket.join('r');
  assert.equal(io.of('/').adapter.rooms.has('r'), false);
  main.client.onAny((name) => assert.equal(name, 'end'));
  const got = next(chat.client, 'e');
  io.of('/chat').to('r').emit('e', 1);
  io.of('chat').emit('ignored');
  assert.deepEqual(await got, [1]);
  const end = next(main.client, 'end');
  io.emit('end');
  await end;
  assert.equal(io.of('/chat').sockets.size, 1);
  assert.equal(io.of('/chat').name, '/chat');
});

parity('new_namespace tells of namespaces', async (world) => {
  const { io } = await world.serve();
  const created = next(io, 'new_namespace');
  const nsp = io.of('/fresh');
  assert.equal((await created)[0], nsp);
});

parity('a static namespace opened late is found', async (world) => {
  const { io, url } = await world.serve();
  const first = world.client(`${url}/late`);
  assert.equal((await next(first, 'connect_error'))[0].message, 'Invalid namespace');
  io.of('/late');
  await world.connected(`${url}/late`);
});

parity('a deleted namespace is refused', async (world) => {
  const { io, url } = await world.serve();
  io.of('/short');
  const client = await world.connected(`${url}/short`);
  const left = next(client, 'disconnect');
  io.of('/short').disconnectSockets();
  await left;
  io._nsps.delete('/short');
  const late = world.client(`${url}/short`);
  assert.equal((await next(late, 'connect_error'))[0].message, 'Invalid namespace');
});

parity('methods of a namespace may be replaced', async (world) => {
  const server = await world.serve();
  const { emit } = server.io.sockets;
  server.io.sockets.emit = (name, ...args) => emit.call(server.io.sockets, `${name}!`, ...args);
  const { client } = await world.pair(server);
  const heard = next(client, 'e!');
  server.io.emit('e', 1);
  assert.deepEqual(await heard, [1]);
});

parity('regular expressions make namespaces', async (world) => {
  const { io, url } = await world.serve();
  const created = [];
  io.on('new_namespace', (nsp) => created.push(nsp.name));
  const parent = io.of(/^\/dynamic-\d+$/);
  const middlewares = [];
  parent.use((socket, go) => {
    middlewares.push(socket.nsp.name);
    go();
  });
  const connection = next(parent, 'connection');
  const clients = [];
  for (const n of [1, 2]) clients.push(await world.connected(`${url}/dynamic-${n}`));
  assert.equal((await connection)[0].nsp.name, '/dynamic-1');
  assert.deepEqual(middlewares, ['/dynamic-1', '/dynamic-2']);
  assert.deepEqual(created, ['/dynamic-1', '/dynamic-2']);
  const heard = Promise.all(clients.map((client) => next(client, 'hello')));
  parent.emit('hello', 'all');
  assert.deepEqual(await heard, [['all'], ['all']]);
  const one = next(clients[0], 'one');
  io.of('/dynamic-1').emit('one');
  await one;
  const bad = world.client(`${url}/other`);
  assert.equal((await next(bad, 'connect_error'))[0].message, 'Invalid namespace');
  assert.throws(() => parent.fetchSockets(), /not supported on parent namespaces/);
  assert.throws(() => io.of(/x/g), /stateful regular expressions are not supported/);
});

parity('functions make namespaces and see the auth', async (world) => {
  const { io, url } = await world.serve();
  const asked = [];
  io.of((name, auth, answer) => {
    asked.push([name, { ...auth }]);
    answer(null, name.startsWith('/fn-'));
  });
  await world.connected(`${url}/fn-1`, { auth: { token: 't' } });
  assert.deepEqual(asked, [['/fn-1', { token: 't' }]]);
  const bad = world.client(`${url}/nope`);
  assert.equal((await next(bad, 'connect_error'))[0].message, 'Invalid namespace');
});

parity('empty child namespaces are cleaned up if asked for', async (world) => {
  const server = await world.serve({ cleanupEmptyChildNamespaces: true });
  const { io, url } = server;
  io.of(/^\/room-\d+$/);
  const client = world.client(`${url}/room-1`);
  await joined(client);
  const nsp = io._nsps.get('/room-1');
  const [socket] = nsp.sockets.values();
  const gone = next(socket, 'disconnect');
  client.disconnect();
  await gone;
  assert.equal(io._nsps.has('/room-1'), false);
  await world.connected(`${url}/room-1`);
  assert.equal(io._nsps.has('/room-1'), true);
});

parity('middlewares run in order and may refuse with data', async (world) => {
  const { io, url } = await world.serve();
  const order = [];
  io.use((socket, go) => {
    order.push(1);
    socket.data.one = true;
    setImmediate(go);
  });
  io.use(async (socket, go) => {
    order.push(2);
    if (!socket.handshake.auth.token) {
      const error = new Error('not authorized');
      error.data = { code: 'E1', detail: [1] };
      return go(error);
    }
    go();
  });
  const refused = world.client(url);
  const [error] = await next(refused, 'connect_error');
  assert.equal(error.message, 'not authorized');
  assert.deepEqual(error.data, { code: 'E1', detail: [1] });
  assert.equal(refused.connected, false);
  const { socket } = await world.pair({ io, url }, '/', { auth: { token: 't' } });
  assert.equal(socket.data.one, true);
  assert.deepEqual(order, [1, 2, 1, 2]);
  assert.equal(io.sockets.sockets.size, 1);
});

parity('rooms joined in a middleware count from the connection on', async (world) => {
  const server = await world.serve();
  const { io } = server;
  io.use((socket, go) => {
    socket.join('early');
    assert.ok(socket.rooms.has('early'));
    assert.ok(io.of('/').adapter.rooms.get('early').has(socket.id));
    io.to('early').emit('e', 'too early');
    go();
  });
  const client = world.client(server.url);
  const got = next(client, 'e');
  await next(io, 'connection');
  io.to('early').emit('e', 'now');
  assert.deepEqual(await got, ['now']);
});

parity('a socket refused by a middleware leaves no rooms behind', async (world) => {
  const { io, url } = await world.serve();
  io.use((socket, go) => {
    socket.join('early');
    go(new Error('no'));
  });
  await next(world.client(url), 'connect_error');
  assert.equal(io.of('/').adapter.rooms.size, 0);
  assert.equal(io.of('/').adapter.sids.size, 0);
});

parity('use and on return what they were called on', async (world) => {
  const { io } = await world.serve();
  assert.equal(
    io.use((_s, go) => go()),
    io,
  );
  assert.equal(
    io.of('/x').use((_s, go) => go()),
    io.of('/x'),
  );
  assert.equal(
    io.of('/x').on('connection', () => {}),
    io.of('/x'),
  );
});
