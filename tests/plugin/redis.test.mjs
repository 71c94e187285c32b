// `settings.redis`, and a plain socket.io server as the other node: Redis away at the start, there, killed, and back.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { freePort, startRedis } from './support/redis-server.mjs';

const LIMIT = 20_000;

/** The other node: socket.io with the adapter of npm, connected to Redis while it is there. */
async function startNeighbour(url) {
  const publisher = createClient({ url });
  const subscriber = publisher.duplicate();
  const clients = [publisher, subscriber];
  for (const client of clients) client.on('error', () => {});
  await Promise.all(clients.map((client) => client.connect()));
  const http = createHttpServer();
  const io = new Server(http, { adapter: createAdapter(publisher, subscriber) });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    async close() {
      for (const client of clients) client.destroy();
      await io.close().catch(() => {});
    },
  };
}

describe('a node connected through Redis', { timeout: 120_000 }, () => {
  let app;
  let url;
  let port;
  let redis;
  let neighbour;

  const service = () => app.strapi.plugin('io').service('redis');

  /** Asks until it is so; each question takes a turn of its own, as there is no event to wait for. */
  const until = async (what, holds) => {
    const signal = AbortSignal.timeout(LIMIT);
    while (!(await holds())) {
      if (signal.aborted) throw new Error(`timed out: ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  /** The subscriptions are in place: this node finds the other's sockets. */
  const meet = async (count) => {
    await until('Redis is reached', () => service().status().connected);
    await until('the nodes see each other', async () => {
      const sockets = await app.strapi.$io.server.fetchSockets().catch(() => []);
      return sockets.length === count;
    });
  };

  before(async () => {
    port = await freePort();
    url = `redis://:hush@127.0.0.1:${port}`;
    // The key of a plain Socket.IO server.
    app = await boot({ redis: { enabled: true, url, key: 'socket.io' } });
  });

  after(async () => {
    await neighbour?.close();
    await app.close();
    await redis?.kill();
  });

  it('starts and serves its own clients while Redis is away, and says so without the password', async () => {
    assert.deepEqual(service().status(), { enabled: true, connected: false });
    const client = await connect(app.url);
    const heard = client.next('hello');
    await app.strapi.$io.raw({ event: 'hello' });
    await heard;
    assert.equal((await app.strapi.$io.server.fetchSockets()).length, 1);
    client.close();
    const lines = app.log.filter(({ text }) => /Redis at 127\.0\.0\.1:\d+ is away/.test(text));
    assert.equal(lines.length, 1);
    assert.ok(app.log.every(({ text }) => !text.includes('hush')));
  });

  it('reaches the others when Redis comes, goes on alone when it is killed, and heals', async () => {
    redis = await startRedis(port);
    neighbour = await startNeighbour(url);
    await service().test(url);
    const near = await connect(app.url);
    const far = await connect(neighbour.url);
    const reaches = async (event) => {
      const heard = [near, far].map((client) => client.next(event));
      await app.strapi.$io.raw({ event });
      await Promise.all(heard);
    };
    await meet(2);
    await reaches('first');

    await redis.kill();
    await until('the node notices', () => !service().status().connected);
    const local = near.next('alone');
    await app.strapi.$io.raw({ event: 'alone' });
    await local;

    redis = await startRedis(port);
    await meet(2);
    await reaches('second');
    assert.deepEqual(far.names(), ['first', 'second']);
    assert.deepEqual(near.names(), ['first', 'alone', 'second']);
    near.close();
    far.close();
  });
});

describe('the packages for Redis, which are optional', { timeout: 120_000 }, () => {
  const file = new URL('support/without-packages.mjs', import.meta.url);
  const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
  const missing = [['redis'], ['@socket.io/redis-adapter'], ['redis', '@socket.io/redis-adapter']];

  for (const names of missing) {
    it(`are named where they are missing, and the server works alone: ${names}`, async () => {
      const child = fork(file, [names.join(','), url]);
      const exited = once(child, 'exit');
      try {
        const died = exited.then(([code]) => assert.fail(`the application exited with ${code}`));
        const [told] = await Promise.race([once(child, 'message'), died]);
        const why = `the package "${names[0]}" is not installed: npm install redis @socket.io/redis-adapter`;
        const errors = told.log.filter(({ level }) => level === 'error').map(({ text }) => text);
        assert.deepEqual(errors, [
          `plugin io: redis.enabled is true, and this node works alone: ${why}`,
        ]);
        assert.ok(told.tested.endsWith(why), told.tested);
        assert.equal(told.status.connected, false);
        const client = await connect(told.url);
        assert.equal(await client.ask('echo', 'still here'), 'still here');
        client.close();
      } finally {
        child.disconnect();
        await exited;
      }
    });
  }
});
