// The admin UI of Socket.IO instruments the server it is given.
import assert from 'node:assert/strict';
import { instrument } from '@socket.io/admin-ui';
import { next, parity } from './support.mjs';

parity('instrument() shows sockets and rooms', async (world) => {
  const server = await world.serve();
  instrument(server.io, { auth: false, mode: 'development' });
  const { client, socket } = await world.pair(server);
  socket.join('r');
  const admin = world.client(`${server.url}/admin`);
  const [all] = await next(admin, 'all_sockets');
  const shown = all.find(({ id }) => id === socket.id);
  assert.equal(shown.nsp, '/');
  assert.equal(shown.transport, 'websocket');
  assert.deepEqual(shown.rooms.sort(), ['r', socket.id].sort());
  const joined = next(admin, 'room_joined');
  socket.join('s');
  assert.deepEqual((await joined).slice(0, 3), ['/', 's', socket.id]);
  const received = next(admin, 'event_received');
  client.emit('hello', 1);
  assert.deepEqual((await received).slice(0, 3), ['/', socket.id, ['hello', 1]]);
  const left = next(client, 'disconnect');
  admin.emit('_disconnect', '/', false, socket.id);
  assert.equal((await left)[0], 'io server disconnect');
});
