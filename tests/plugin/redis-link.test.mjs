// The connection to Redis ends with its owner, at whatever point it is.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import test from 'node:test';

const require = createRequire(import.meta.url);
const { createLink } = require('../../dist/server/redis/link.js');
const { hangUp, loadPackages, openClient } = require('../../dist/server/redis/clients.js');

const packages = loadPackages(process.cwd());
const timeout = 30_000;

/** Takes connections and never answers, like a Redis that hangs. */
async function silentServer(t) {
  const server = net.createServer((socket) => socket.on('error', () => {}).resume());
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `redis://127.0.0.1:${server.address().port}` };
}

test('stop ends a connection attempt that hangs, before its time limit', { timeout }, async (t) => {
  // No time limit is ever reached: only `stop` can end the attempt.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { server, url } = await silentServer(t);
  const ends = [];
  const reports = [];
  server.on('connection', (socket) => ends.push(once(socket, 'close')));
  const link = createLink(packages, url, {
    up: () => reports.push('up'),
    down: () => reports.push('down'),
    dropped: () => reports.push('dropped'),
  });
  link.start();
  while (ends.length < 2) await once(server, 'connection');
  link.stop();
  await Promise.all(ends);
  assert.deepEqual(reports, [], 'nobody is told of an end that was asked for');
});

test('a client given up before its connection exists leaves none', { timeout }, async (t) => {
  const { server, url } = await silentServer(t);
  const client = openClient(packages, url);
  client.on('error', () => {});
  const connecting = client.connect();
  const came = once(server, 'connection');
  hangUp(client);
  const [socket] = await came;
  await Promise.all([once(socket, 'close'), assert.rejects(connecting)]);
});
