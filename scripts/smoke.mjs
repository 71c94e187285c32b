// Loads the built package and lets one client connect, over both transports: the least a binary must be able to do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { io as connect } from 'socket.io-client';
import { main, say } from './lib/log.mjs';

const { Server } = createRequire(import.meta.url)('../dist/socket-io/index.js');

await main(async () => {
  const http = createServer();
  const io = new Server(http);
  io.on('connection', (socket) => socket.emit('hello', socket.id));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const limit = setTimeout(() => {
    throw new Error('not done within 10 s');
  }, 10_000);
  for (const transport of ['polling', 'websocket']) {
    const client = connect(`http://127.0.0.1:${http.address().port}`, { transports: [transport] });
    const [id] = await Promise.race([
      once(client, 'hello'),
      once(client, 'connect_error').then(([error]) => Promise.reject(error)),
    ]);
    if (id !== client.id) throw new Error(`wrong socket id over ${transport}`);
    say(`${transport}: ok`);
    client.disconnect();
  }
  await io.close();
  clearTimeout(limit);
});
