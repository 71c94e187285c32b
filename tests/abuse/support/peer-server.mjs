// What stands beside the server under attack: socket.io with one middleware and one handler, and an HTTP route with JSON.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const { pingInterval, pingTimeout } = JSON.parse(process.argv[2] ?? '{}');
const http = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  if (request.method === 'POST') io.emit('note:create', JSON.parse(body).data);
  response.setHeader('Content-Type', 'application/json');
  response.end('{"data":[]}');
});
const io = new Server(http, {
  serveClient: false,
  ...(pingInterval && { pingInterval, pingTimeout }),
});
io.use((socket, next) => {
  setImmediate(next);
});
io.on('connection', (socket) => {
  socket.join('public');
  socket.on('echo', (value, ack) => ack?.(value));
});

const commands = {
  gc: () => globalThis.gc?.(),
  state: () => ({ sockets: io.of('/').sockets.size, connections: io.engine.clientsCount }),
  log: () => [],
  close: () => process.exit(),
};
process.on('message', ({ id, command }) => process.send({ id, result: commands[command]?.() }));
process.once('disconnect', () => process.exit());
http.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${http.address().port}` }));
