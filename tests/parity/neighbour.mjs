// A plain socket.io server in a process of its own: `node neighbour.mjs ADAPTER KEY`. Tells its port to the parent.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { adapters } from './adapters.mjs';

const [, , name, key] = process.argv;
// What it has opened ends with the process.
const adapter = await adapters[name]({ onClose() {} }, key);
const http = createServer();
const io = new Server(http, { adapter });
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
  socket.on('join', (from, to) => io.in(from).socketsJoin(to));
  socket.on('leave', (room) => io.in(room).socketsLeave(room));
  socket.on('disconnect all', (room) => io.in(room).disconnectSockets());
});
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
process.on('disconnect', () => process.exit());
