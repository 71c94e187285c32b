// Node unloads an addon with the last worker thread that used it: whatever of it still runs then ends the process.
import assert from 'node:assert/strict';
import test from 'node:test';
import { run } from './support.mjs';

const timeout = 60_000;
const ROUNDS = 5;

/** Starts a server in a worker thread, connects clients to it, terminates the worker while they talk, and again. */
const script = (inMain) => `
  const { Worker } = require('node:worker_threads');
  const { once } = require('node:events');
  const { readdirSync, readFileSync } = require('node:fs');
  const { io: connect } = require('socket.io-client');
  const engineThreads = () =>
    readdirSync('/proc/self/task').filter((id) => {
      try {
        return readFileSync('/proc/self/task/' + id + '/comm', 'utf8').startsWith('plugin-io');
      } catch {
        return false;
      }
    }).length;
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const inWorker = \`
    const { parentPort } = require('node:worker_threads');
    const { createServer } = require('node:http');
    const { Server } = require('./dist/socket-io/index.js');
    const http = createServer();
    const io = new Server(http);
    io.on('connection', (socket) => socket.on('echo', (value, done) => done(value)));
    http.listen(0, '127.0.0.1', () => parentPort.postMessage(http.address().port));
  \`;
  (async () => {
    ${inMain ? "require('./dist/socket-io/index.js');" : ''}
    let before;
    for (let round = 0; round < ${ROUNDS}; round++) {
      const worker = new Worker(inWorker, { eval: true });
      const [port] = await once(worker, 'message');
      const clients = [];
      for (let i = 0; i < 20; i++) {
        const transports = [i % 2 ? 'websocket' : 'polling'];
        const client = connect('http://127.0.0.1:' + port, { transports, reconnection: false, forceNew: true });
        await once(client, 'connect');
        clients.push(client);
      }
      const talk = setInterval(() => {
        for (const client of clients) if (client.connected) client.emit('echo', 1, () => {});
      }, 1);
      const gone = clients.map((client) => once(client, 'disconnect'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await worker.terminate();
      await Promise.all(gone);
      clearInterval(talk);
      await until(() => engineThreads() === 0);
      if (round > 0) await until(() => descriptors() <= before);
      before ??= descriptors();
    }
    console.log('survived');
  })();
`;

for (const inMain of [false, true]) {
  const where = inMain
    ? 'the main thread has loaded the addon, too'
    : 'nobody else has loaded the addon';
  test(
    `a worker thread that serves connections can be terminated (${where})`,
    { timeout },
    async () => {
      const { code, signal, stdout, stderr } = await run(script(inMain));
      assert.deepEqual(
        { code, signal, stdout },
        { code: 0, signal: null, stdout: 'survived' },
        stderr,
      );
    },
  );
}

test(
  'a worker thread that ends while its server closes does not end the process',
  { timeout },
  async () => {
    const { code, signal, stderr } = await run(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const inWorker = \`
      const { parentPort } = require('node:worker_threads');
      const { Server } = require('./dist/socket-io/index.js');
      const io = new Server(0);
      io.close();
      parentPort.postMessage('closing');
    \`;
    (async () => {
      for (let round = 0; round < ${ROUNDS}; round++) {
        const worker = new Worker(inWorker, { eval: true });
        await once(worker, 'message');
        await worker.terminate();
      }
    })();
  `);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
  },
);
