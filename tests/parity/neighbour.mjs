// A plain socket.io server in a process of its own: `node neighbour.mjs REDIS_URL KEY`. Tells its port to the parent.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const [, , url, key] = process.argv;
const clients = [createClient({ url }), createClient({ url })];
await Promise.all(clients.map((client) => client.connect()));
const http = createServer();
const io = new Server(http, { adapter: createAdapter(...clients, { key }) });
io.on('connection', (socket) => {
  socket.on('ask', async () => {
    while ((await io.of('/').adapter.serverCount()) < 2) await new Promise((r) => setImmediate(r));
    io.emit('answer', await io.serverSideEmitWithAck('question', 21));
  });
});
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
process.on('disconnect', () => process.exit());
