// Connection state recovery.
import assert from 'node:assert/strict';
import { joined, next, parityOnTransports, parity } from './support.mjs';

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
