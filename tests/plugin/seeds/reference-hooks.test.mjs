// Configuration reference, `hooks.init`: adapters and middlewares.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createAdapter } from '@socket.io/postgres-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { connect, refused } from '../support/client.mjs';
import { createDatabase } from '../support/databases.mjs';
import { require } from '../support/plugin-root.mjs';
import { freePort, startRedis } from '../support/redis-server.mjs';
import { bootDocumented, example } from './support/app.mjs';

const infos = ({ log }) => log.filter(({ level }) => level === 'info').map(({ text }) => text);

describe('documentation: hooks.init with the Redis adapter', { timeout: 300_000 }, () => {
  let redis;
  let emitting;
  let env;

  before(async () => {
    const port = await freePort();
    redis = await startRedis(port);
    env = { REDIS_URL: `redis://:hush@127.0.0.1:${port}` };
    emitting = createClient({ url: env.REDIS_URL });
    await emitting.connect();
  });
  after(async () => {
    emitting?.destroy();
    await redis?.kill();
  });

  it('other processes reach the clients of this one', async () => {
    const app = await bootDocumented(await example('reference-hooks-redis.js'), { env });
    const { pubClient, subClient } = app.strapi.$io.server.of('/').adapter;
    try {
      assert.ok(infos(app).includes('[io] Redis adapter initialized'));
      assert.ok(pubClient.isReady && subClient.isReady, 'the hook was awaited');
      const client = await connect(app.url);
      const heard = client.next('from elsewhere');
      new Emitter(emitting).emit('from elsewhere', { through: 'Redis' });
      assert.deepEqual(await heard, { through: 'Redis' });
      client.close();
    } finally {
      await app.close();
      await Promise.all([pubClient.close(), subClient.close()]);
    }
  });
});

const database = await createDatabase('postgres');
const skip = database === null && 'no PostgreSQL answers at TEST_POSTGRES_URL';

describe('documentation: hooks.init with the MongoDB adapter', { timeout: 300_000, skip }, () => {
  after(() => database.drop());

  /** The example, with the adapter of another database in the place of MongoDB's. */
  const withPostgres = (text) =>
    text
      .replace("const { MongoClient } = require('mongodb');", "const { Pool } = require('pg');")
      .replace('@socket.io/mongo-adapter', '@socket.io/postgres-adapter')
      .replace(
        /const mongoClient = .*;/,
        'const pool = (globalThis.documentedPool = new Pool(JSON.parse(process.env.PG)));',
      )
      .replace('await mongoClient.connect();', "await pool.query('select 1');")
      .replace(/const mongoCollection = [^;]*;/, '')
      .replace('createAdapter(mongoCollection)', 'createAdapter(pool)')
      .replace('MongoDB', 'PostgreSQL');

  it('NOT COVERED: MongoDB itself (no server, no @socket.io/mongo-adapter). The same hook with @socket.io/postgres-adapter is awaited, and its adapter taken', async (t) => {
    const plugins = withPostgres(await example('reference-hooks-mongo.js'));
    assert.ok(!/mongo/i.test(plugins), plugins);
    const { connection } = database.config.connection;
    const env = { PG: JSON.stringify(connection) };
    const app = await bootDocumented(plugins, { env });
    const { Pool } = require('pg');
    const own = new Pool(connection);
    const http = createServer();
    const neighbour = new Server(http, { adapter: createAdapter(own) });
    t.after(async () => {
      await neighbour.close();
      await app.close();
      await own.end();
      await globalThis.documentedPool.end();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    assert.ok(infos(app).includes('[io] PostgreSQL adapter initialized'));
    const client = await connect(app.url);
    const heard = client.next('from elsewhere');
    // The neighbour listens as soon as it is connected; what it sends goes through the database.
    neighbour.emit('from elsewhere', { through: 'PostgreSQL' });
    assert.deepEqual(await heard, { through: 'PostgreSQL' });
    client.close();
  });
});

describe('documentation: hooks.init with middlewares', { timeout: 300_000 }, () => {
  it('a custom middleware', async (t) => {
    const app = await bootDocumented(await example('reference-hooks-middleware.js'));
    t.after(() => app.close());
    assert.ok(infos(app).includes('[io] Custom middleware registered'));
    const client = await connect(app.url);
    assert.ok(infos(app).some((text) => /^Connection attempt from .*127\.0\.0\.1$/.test(text)));
    const [{ data }] = await app.strapi.$io.server.fetchSockets();
    assert.equal(typeof data.connectedAt, 'number');
    client.close();
  });

  /** In the place of the package of that name: a bucket of tokens per address. */
  const rateLimit = `
module.exports = ({ tokensPerInterval, interval }) => {
  const buckets = new Map();
  return (socket, next) => {
    const now = Date.now();
    const { address } = socket.handshake;
    const { tokens, at } = buckets.get(address) ?? { tokens: tokensPerInterval, at: now };
    const left = Math.min(tokensPerInterval, tokens + ((now - at) * tokensPerInterval) / interval);
    buckets.set(address, { tokens: Math.max(left - 1, 0), at: now });
    next(left < 1 ? Object.assign(new Error('Too many requests'), { data: { limit: tokensPerInterval } }) : undefined);
  };
};
`;

  it('NOT COVERED: the package socket.io-rate-limit itself, which is not to be had here. A middleware of its form limits connections', async (t) => {
    const app = await bootDocumented(await example('reference-hooks-rate-limit.js'), {
      files: {
        'node_modules/socket.io-rate-limit/package.json': '{ "main": "index.js" }',
        'node_modules/socket.io-rate-limit/index.js': rateLimit,
      },
    });
    t.after(() => app.close());
    assert.ok(infos(app).includes('[io] Rate limiting enabled'));
    const clients = await Promise.all(Array.from({ length: 90 }, () => connect(app.url)));
    const attempts = await Promise.allSettled(Array.from({ length: 90 }, () => connect(app.url)));
    const failed = attempts.filter(({ status }) => status === 'rejected');
    assert.ok(failed.length >= 30, `${failed.length} of 180 were refused`);
    assert.deepEqual((await refused(app.url)).data, { limit: 100 });
    for (const { value } of attempts) value?.close();
    for (const client of clients) client.close();
  });
});
