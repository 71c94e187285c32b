// A Redis that hangs or dies, under adapters which the application has made with clients of its own.
import assert from 'node:assert/strict';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { freePort, startRedis, withoutRedisServer } from '../plugin/support/redis-server.mjs';
import { next, ours } from './support.mjs';

const options = { skip: withoutRedisServer(), timeout: 120_000 };
/** Above the longest of the limits, far below for ever. */
const PATIENCE = 30_000;

const makers = {
  redis: async (world, url) => {
    const client = createClient({ url });
    client.on('error', () => {});
    await client.connect();
    world.onClose(() => client.destroy());
    return client;
  },
  ioredis: (world, url) => {
    const client = new Redis(url);
    client.on('error', () => {});
    world.onClose(() => client.disconnect());
    return client;
  },
};

const kinds = {
  'redis-adapter on redis': [createAdapter, makers.redis],
  'redis-adapter on ioredis': [createAdapter, makers.ioredis],
  'sharded redis-adapter': [createShardedAdapter, makers.redis],
};

async function nodesOn(world, port, [create, makeClient]) {
  const url = `redis://:hush@127.0.0.1:${port}`;
  const nodes = [];
  for (let i = 0; i < 2; i += 1) {
    const adapter = create(await makeClient(world, url), await makeClient(world, url));
    const node = await world.serve({ adapter });
    nodes.push(Object.assign(node, await world.pair(node)));
    node.io.on('question', (answer) => answer('here'));
    node.client.on('asked', (answer) => answer('yes'));
  }
  await meet(nodes);
  return nodes;
}

async function meet([near]) {
  for (const end = Date.now() + PATIENCE; ;) {
    const all = await near.io.fetchSockets().catch(() => []);
    if (all.length === 2) return;
    assert.ok(Date.now() < end, 'the nodes do not see each other');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Rejects if it takes for ever. */
const settled = (promise) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it never answers')), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

for (const [name, kind] of Object.entries(kinds)) {
  ours(
    `${name}: while Redis hangs every question has an answer, and clients of this node their events`,
    async (world) => {
      const port = await freePort();
      const redis = await startRedis(port);
      world.onClose(() => redis.kill());
      const nodes = await nodesOn(world, port, kind);
      const [{ io, client }] = nodes;
      redis.pause();
      const local = next(client, 'local');
      io.emit('local', 1);
      const refused = { message: /no answer from the adapter within \d+ ms/ };
      await Promise.all([
        settled(local).then((args) => assert.deepEqual(args, [1])),
        assert.rejects(settled(io.fetchSockets()), refused),
        assert.rejects(settled(io.in('room').fetchSockets()), refused),
        assert.rejects(settled(io.serverSideEmitWithAck('question')), refused),
        assert.rejects(settled(io.timeout(4000).emitWithAck('asked')), ({ responses }) => {
          assert.deepEqual(responses, ['yes']);
          return true;
        }),
      ]);
      redis.resume();
      await meet(nodes);
      const heard = Promise.all(nodes.map((node) => next(node.client, 'again')));
      io.emit('again');
      await heard;
    },
    options,
  );

  ours(
    `${name}: a Redis that dies ends no process, and is used again once it is back`,
    async (world) => {
      const port = await freePort();
      let redis = await startRedis(port);
      world.onClose(() => redis.kill());
      const nodes = await nodesOn(world, port, kind);
      const [{ io, client }] = nodes;
      // Unhandled rejections fail the test: what is on its way when Redis dies, and what comes after.
      redis.pause();
      for (let i = 0; i < 20; i += 1) io.emit('on its way', i);
      await redis.kill();
      const local = next(client, 'local');
      io.emit('local');
      await settled(local);
      redis = await startRedis(port);
      await meet(nodes);
      const heard = Promise.all(nodes.map((node) => next(node.client, 'again')));
      io.emit('again');
      await heard;
    },
    options,
  );
}
