// A plain socket.io server in a process of its own: `node neighbour.mjs CLIENT REDIS_URL KEY`, CLIENT being
// `redis` or `ioredis`. Tells its port to the parent.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const [, , name, url, key] = process.argv;
const connect = {
  redis: () => createClient({ url }).connect(),
  ioredis: () => new Redis(url),
}[name];
const clients = [await connect(), await connect()];
const http = createServer();
const io = new Server(http, { adapter: createAdapter(...clients, { key }) });
io.on('question', (value, answer) => answer(value + 1));
// What a client asks for, this server does to the whole cluster.
io.on('connection', (socket) => {
  socket.on('ask servers', async (value, answer) => {
    while ((await io.of('/').adapter.serverCount()) < 2) await new Promise((r) => setImmediate(r));
    answer(await io.serverSideEmitWithAck('question', value));
  });
  socket.on('ask clients', async (answer) => answer(await io.timeout(5000).emitWithAck('who')));
  socket.on('emit', (room, ...args) => io.to(room).emit(...args));
  socket.on('fetch', async (room, answer) => {
    const sockets = await io.in(room).fetchSockets();
    answer(sockets.map(({ id, data, rooms }) => ({ id, data, rooms: [...rooms] })));
  });
  socket.on('move', (from, to) => {
    io.in(from).socketsJoin(to);
    io.in(from).socketsLeave(from);
  });
  socket.on('disconnect all', (room) => io.in(room).disconnectSockets());
});
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
process.on('disconnect', () => process.exit());
