// The adapters of npm, unchanged: one server on each side, the oracle or ours, on one Redis or PostgreSQL.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Emitter } from '@socket.io/redis-emitter';
import { Adapter } from 'socket.io-adapter';
import { adapters, clients, missing } from './adapters.mjs';
import { next, parity } from './support.mjs';

const require = createRequire(import.meta.url);
const skip = await missing();

const keyOf = (world) => `parity-${process.pid}-${world.implementation}-${Math.random()}`;

/** Two servers of one cluster: this implementation and a plain socket.io. */
async function cluster(world, make) {
  const key = keyOf(world);
  const near = await world.serve({ adapter: await make(world, key) });
  const far = await world.serve(
    { adapter: await make(world, key) },
    undefined,
    require('socket.io').Server,
  );
  for (const side of [near, far]) Object.assign(side, await world.pair(side));
  await Promise.all([near, far].map(({ io }) => whole(io)));
  return { near, far, key };
}

const PAUSE = 5;
const PATIENCE = 12_000;

/** Resolves when it holds. */
async function until(holds) {
  for (const end = Date.now() + PATIENCE; !(await holds());) {
    assert.ok(Date.now() < end, `it did not come to hold: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Resolves when what is sent to a room arrives on the other side: some adapters subscribe to it only then. */
async function crosses(send, client) {
  let heard = false;
  client.once('crossed', () => (heard = true));
  await until(() => {
    send('crossed');
    return heard;
  });
}

/** Resolves when the servers have found each other. */
async function whole(io) {
  await until(
    async () => (await io.of('/').adapter.serverCount()) >= 2 && (await members(io)) >= 2,
  );
}

const members = (io) =>
  io
    .timeout(500)
    .fetchSockets()
    .then(
      (all) => all.length,
      () => 0,
    );

for (const [name, make] of Object.entries(adapters)) {
  parity(
    `${name}: rooms, acknowledgements and servers across`,
    async (world) => {
      const { near, far } = await cluster(world, make);
      near.socket.join('r');
      far.socket.join('r');

      await crosses((event) => near.io.to('r').emit(event), far.client);
      await crosses((event) => far.io.to('r').emit(event), near.client);

      const all = Promise.all([next(near.client, 'all'), next(far.client, 'all')]);
      near.io.emit('all', 1, Buffer.from('x'));
      for (const [n, bytes] of await all) assert.deepEqual([n, String(bytes)], [1, 'x']);

      const back = Promise.all([next(near.client, 'r'), next(far.client, 'r')]);
      far.io.to('r').emit('r', 2);
      assert.deepEqual(await back, [[2], [2]]);

      near.client.once('only', () => assert.fail('it was excepted'));
      const only = next(far.client, 'only');
      near.socket.to('r').emit('only');
      await only;

      near.client.on('ask', (answer) => answer('near'));
      far.client.on('ask', (answer) => answer('far'));
      for (const { io } of [near, far]) {
        assert.deepEqual((await io.timeout(5000).emitWithAck('ask')).sort(), ['far', 'near']);
      }

      near.socket.data.name = 'near';
      const seen = await far.io.in('r').fetchSockets();
      assert.deepEqual(seen.map(({ id }) => id).sort(), [near.socket.id, far.socket.id].sort());
      const remote = seen.find(({ id }) => id === near.socket.id);
      assert.equal(remote.data.name, 'near');
      assert.ok(remote.rooms.has('r'));

      near.io.on('question', (value, answer) => answer(value + 1));
      assert.deepEqual(await far.io.serverSideEmitWithAck('question', 1), [2]);
      far.io.on('question', (value, answer) => answer(value + 2));
      assert.deepEqual(await near.io.serverSideEmitWithAck('question', 1), [3]);

      const moved = next(near.client, 'moved');
      far.io.in(near.socket.id).socketsJoin('moved');
      await until(() => near.socket.rooms.has('moved'));
      near.io.to('moved').emit('moved');
      await moved;

      const left = next(near.client, 'disconnect');
      far.io.in(near.socket.id).disconnectSockets();
      assert.equal((await left)[0], 'io server disconnect');
    },
    { skip: skip(name) },
  );
}

/** A plain socket.io in a process of its own; resolves with its address. */
async function neighbour(world, ...args) {
  const child = fork(new URL('neighbour.mjs', import.meta.url), args);
  world.onClose(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const [{ port }] = await once(child, 'message');
  return `http://127.0.0.1:${port}`;
}

for (const [name, make] of Object.entries(adapters)) {
  parity(
    `a plain socket.io in another process is a neighbour like any other (${name})`,
    async (world) => {
      const key = keyOf(world);
      const { io, url } = await world.serve({ adapter: await make(world, key) });
      const { client: near, socket } = await world.pair({ io, url });
      const far = await world.connected(await neighbour(world, name, key));
      const both = (event) => Promise.all([next(near, event), next(far, event)]);
      const idsIn = async (room) => (await io.in(room).fetchSockets()).map(({ id }) => id).sort();

      // servers ask each other
      io.on('question', (value, answer) => answer(value * 2));
      assert.deepEqual(await far.emitWithAck('ask servers', 21), [42]);
      assert.deepEqual(await io.serverSideEmitWithAck('question', 21), [22]);

      // everybody, and rooms, from here and from there
      const all = both('all');
      io.emit('all', Buffer.from('x'));
      assert.deepEqual((await all).map(String), ['x', 'x']);
      io.in(far.id).socketsJoin('r');
      socket.join('r');
      await until(async () => (await idsIn('r')).length === 2);
      await crosses((event) => io.to('r').emit(event), far);
      await crosses((event) => far.emit('emit', 'r', event), near);
      const fromHere = both('room');
      io.to('r').emit('room', 1);
      assert.deepEqual(await fromHere, [[1], [1]]);
      const fromThere = both('room');
      far.emit('emit', 'r', 'room', Buffer.from('y'));
      assert.deepEqual((await fromThere).map(String), ['y', 'y']);

      // acknowledgements of both, whoever asks
      far.on('who', (answer) => answer('far'));
      near.on('who', (answer) => answer('near'));
      assert.deepEqual((await io.timeout(5000).emitWithAck('who')).sort(), ['far', 'near']);
      assert.deepEqual((await far.emitWithAck('ask clients')).sort(), ['far', 'near']);

      // sockets of the other side are seen, moved and disconnected
      socket.data.name = 'near';
      const seen = await far.emitWithAck('fetch', 'r');
      assert.deepEqual(seen.map(({ id }) => id).sort(), [near.id, far.id].sort());
      const { data, rooms } = seen.find(({ id }) => id === near.id);
      assert.deepEqual([data, rooms.sort()], [{ name: 'near' }, [near.id, 'r'].sort()]);
      far.emit('join', 'r', 's');
      await until(() => socket.rooms.has('s'));
      far.emit('leave', 'r');
      await until(() => !socket.rooms.has('r'));
      assert.deepEqual(await idsIn('s'), [near.id, far.id].sort());
      const left = next(near, 'disconnect');
      far.emit('disconnect all', near.id);
      assert.equal((await left)[0], 'io server disconnect');
      const farLeft = next(far, 'disconnect');
      io.in('s').disconnectSockets();
      assert.equal((await farLeft)[0], 'io server disconnect');
    },
    { skip: skip(name) },
  );
}

parity(
  'redis-emitter reaches the clients',
  async (world) => {
    const { near, key } = await cluster(world, adapters['redis-adapter on redis']);
    near.socket.join('r');
    const emitter = new Emitter(await clients.redis(world), { key });
    const heard = next(near.client, 'e');
    emitter.to('r').emit('e', 1);
    assert.deepEqual(await heard, [1]);
    const left = next(near.client, 'disconnect');
    emitter.in('r').disconnectSockets();
    await left;
  },
  { skip: skip('redis-adapter') },
);

parity('an adapter set after the server was made', async (world) => {
  const server = await world.serve();
  const calls = [];
  class Recording extends Adapter {
    addAll(id, rooms) {
      calls.push(['addAll', ...rooms]);
      return super.addAll(id, rooms);
    }
    broadcast(packet, opts) {
      calls.push(['broadcast', packet.data[0]]);
      super.broadcast(packet, opts);
    }
  }
  server.io.adapter(Recording);
  assert.ok(server.io.of('/').adapter instanceof Recording);
  const { client, socket } = await world.pair(server);
  socket.join('r');
  const heard = next(client, 'e');
  server.io.to('r').emit('e', 1);
  assert.deepEqual(await heard, [1]);
  assert.deepEqual(calls, [
    ['addAll', socket.id],
    ['addAll', 'r'],
    ['broadcast', 'e'],
  ]);
  assert.deepEqual(
    await server.io
      .timeout(50)
      .emitWithAck('x')
      .catch((e) => e.responses),
    [],
  );
  const dynamic = server.io.of(/^\/d-\d$/);
  const child = await world.pair({ ...server, io: { of: () => dynamic } }, '/d-1');
  assert.ok(child.socket.nsp.adapter instanceof Recording);
  const also = next(child.client, 'child');
  dynamic.emit('child');
  await also;
});
