// One server of the benchmark, in a process of its own: `node --expose-gc server.mjs socket.io|plugin-io [handlers|echo]`.
// Commands come on stdin, one JSON answer a line goes to stdout; the same commands as floor.rs takes.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { readCpu } from './lib/cpu.mjs';

const require = createRequire(import.meta.url);
const [, , kind, mode = 'idle'] = process.argv;
const { Server } = require(kind === 'plugin-io' ? '../dist/socket-io/index.js' : 'socket.io');
const http = createServer();
const io = new Server(http, { serveClient: false });
if (mode === 'handlers') {
  io.use((socket, next) => {
    socket.data.user = { id: 1 };
    next();
  });
  io.on('connection', (socket) => socket.join('members'));
} else if (mode === 'echo') {
  io.on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
http.listen(0, '127.0.0.1', () => say({ port: http.address().port }));

async function broadcast(count, interval, size) {
  const payload = 'x'.repeat(size);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let longest = 0;
  delay.enable();
  for (let sent = 0; sent < count; sent += 1) {
    const start = performance.now();
    io.emit('news', payload);
    longest = Math.max(longest, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  delay.disable();
  say({ done: count, emitMillis: longest, loopMillis: delay.max / 1e6 });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...numbers] = line.split(' ');
  if (command === 'broadcast') await broadcast(...numbers.map(Number));
  else if (command === 'report') {
    say({
      ...readCpu(),
      rss: process.memoryUsage().rss,
      clients: io.engine.clientsCount,
    });
  } else process.exit(0);
}
