// Connection state recovery.
import assert from 'node:assert/strict';
import { adapters, missing } from './adapters.mjs';
import { joined, next, parityOnTransports, parity } from './support.mjs';

const skip = await missing();

const connectionStateRecovery = { maxDisconnectionDuration: 5000 };

parityOnTransports('a client which comes back gets its state and what it missed', async (world) => {
  const server = await world.serve({ connectionStateRecovery });
  const { io } = server;
  const client = world.client(server.url, { reconnection: false });
  const [[first]] = await Promise.all([next(io, 'connection'), joined(client)]);
  assert.equal(first.recovered, false);
  first.join('r');
  first.data.name = 'n';
  const seen = next(client, 'before');
  io.to('r').emit('before');
  await seen;
  const { id } = first;
  const gone = next(first, 'disconnect');
  const left = next(client, 'disconnect');
  client.io.engine.close();
  await Promise.all([gone, left]);
  io.to('r').emit('missed', 1);
  io.emit('missed', Buffer.from('2'));
  io.to('elsewhere').emit('unseen');
  const missed = [];
  client.onAny((name, ...args) => missed.push([name, String(args[0])]));
  const connection = next(io, 'connection');
  client.connect();
  const [[second]] = await Promise.all([connection, joined(client)]);
  assert.equal(second.recovered, true);
  assert.equal(client.recovered, true);
  assert.equal(second.id, id);
  assert.equal(second.data.name, 'n');
  assert.ok(second.rooms.has('r'));
  const last = next(client, 'last');
  io.to('r').emit('last');
  await last;
  assert.deepEqual(missed.slice(0, 2), [
    ['missed', '1'],
    ['missed', '2'],
  ]);
  assert.ok(!missed.some(([name]) => name === 'unseen'));
});

parity('a client with an unknown session starts anew', async (world) => {
  const server = await world.serve({ connectionStateRecovery });
  const { socket } = await world.pair(server, '/', { auth: { pid: 'x', offset: 'y' } });
  assert.equal(socket.recovered, false);
});

parity(
  'a client gets its state and what it missed from another server of the cluster',
  async (world) => {
    const key = `recovery-${process.pid}-${world.implementation}-${Math.random()}`;
    const serve = async () => {
      const adapter = await adapters['redis-streams-adapter'](world, key);
      return world.serve({ connectionStateRecovery, adapter });
    };
    const [one, other] = [await serve(), await serve()];
    const { client, socket } = await world.pair(one);
    socket.join('r');
    socket.data.name = 'n';
    const first = next(client, 'first');
    one.io.emit('first');
    await first;
    const gone = next(socket, 'disconnect');
    client.io.engine.close();
    await gone;
    one.io.to('r').emit('missed', 1);
    const missed = next(client, 'missed');
    client.io.uri = other.url;
    const back = next(other.io, 'connection');
    client.connect();
    const [again] = await back;
    assert.deepEqual([again.recovered, again.id, again.data.name], [true, socket.id, 'n']);
    assert.ok(again.rooms.has('r'));
    assert.deepEqual((await missed)[0], 1);
  },
  { skip: skip('redis-streams-adapter') },
);
