// What was closed leaves nothing in memory, however often a process starts and closes a server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { io as connect } from 'socket.io-client';
import { Server } from './support.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Tells by name what was collected; looking at it with a WeakRef would keep it. */
const collected = new Set();
const registry = new FinalizationRegistry((name) => collected.add(name));

async function serveOnce() {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const io = new Server(http);
  io.on('connection', (socket) => socket.on('ask', (answer) => answer('yes')));
  const client = connect(`http://127.0.0.1:${http.address().port}`, { forceNew: true });
  await once(client, 'connect');
  assert.equal(await client.emitWithAck('ask'), 'yes');
  registry.register(io, 'the server');
  registry.register(io.engine, 'its engine');
  registry.register(io.engine.native, 'the native engine');
  client.disconnect();
  await io.close();
}

test('a closed server can be collected, its engine included', { timeout: 30_000 }, async () => {
  await serveOnce();
  while (collected.size < 3) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual([...collected].sort(), ['its engine', 'the native engine', 'the server']);
});
