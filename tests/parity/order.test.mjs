// Program order: single emits, broadcasts, acknowledgements and binary events, each once and whole, in both directions,
// from one turn and from many, also while the transport changes.
import assert from 'node:assert/strict';
import { answerSettle, joined, next, parityOnTransports, settle } from './support.mjs';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const upTo = (n) => Array.from({ length: n }, (_, i) => i);

/** Records the number each event carries. */
function record(emitter) {
  const seen = [];
  emitter.on('n', (n) => seen.push(n));
  emitter.on('bin', (bytes, n) => seen.push(bytes.length === n % 7 ? n : `broken ${n}`));
  emitter.on('ask', (n, answer) => seen.push(n) && answer(n));
  return seen;
}

parityOnTransports('what the server sends arrives in order', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  answerSettle(client, socket);
  socket.join('r');
  const seen = record(client);
  const answers = [];
  let n = 0;
  while (n < 4000) {
    for (let burst = Math.ceil(Math.random() * 40); burst > 0; burst--) {
      socket.emit('n', n++);
      server.io.emit('bin', Buffer.alloc(n % 7, 1), n++);
      server.io.to('r').emit('n', n++);
      socket.emit('ask', n++, (answer) => answers.push(answer));
      socket.emit('bin', Buffer.alloc(n % 7, 2), n++);
    }
    await turn();
  }
  await settle(client, socket);
  assert.deepEqual(seen, upTo(n));
  assert.deepEqual(
    answers,
    upTo(n).filter((i) => i % 5 === 3),
  );
});

parityOnTransports('what the client sends arrives in order', async (world) => {
  const server = await world.serve();
  let seen;
  server.io.on('connection', (socket) => (seen = record(socket)));
  const { client, socket } = await world.pair(server);
  answerSettle(client, socket);
  const answers = [];
  let n = 0;
  while (n < 2000) {
    for (let burst = Math.ceil(Math.random() * 40); burst > 0; burst--) {
      client.emit('n', n++);
      client.emit('bin', Buffer.alloc(n % 7, 1), n++);
      client.emit('ask', n++, (answer) => answers.push(answer));
    }
    await turn();
  }
  await settle(client, socket);
  assert.deepEqual(seen, upTo(n));
  assert.deepEqual(
    answers,
    upTo(n).filter((i) => i % 3 === 2),
  );
});

parityOnTransports('broadcasts to clients without listeners arrive in order', async (world) => {
  const { io, url } = await world.serve();
  const clients = [];
  for (let i = 0; i < 5; i++) clients.push(world.client(url));
  const seen = clients.map(record);
  await Promise.all(clients.map(joined));
  const over = Promise.all(clients.map((client) => next(client, 'over')));
  let n = 0;
  while (n < 3000) {
    for (let burst = 0; burst < 20; burst++) {
      io.emit('n', n++);
      io.emit('bin', Buffer.alloc(n % 7, 1), n++);
    }
    await turn();
  }
  io.emit('over');
  await over;
  for (const one of seen) assert.deepEqual(one, upTo(n));
});
