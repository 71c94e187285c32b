// The adapters of npm, each made for one server of a cluster, and whether what they need is there.
import net from 'node:net';
import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const postgresUrl = process.env.TEST_POSTGRES_URL ?? 'postgres://root@127.0.0.1:5432/postgres';

/** Connections which end with the world they are made in. */
export const clients = {
  async redis(world) {
    const client = createClient({ url });
    client.on('error', () => {});
    await client.connect();
    world.onClose(() => client.close());
    return client;
  },
  async ioredis(world) {
    const client = new Redis(url);
    world.onClose(() => client.quit());
    return client;
  },
  async postgres(world, table) {
    const pool = new pg.Pool({ connectionString: postgresUrl });
    pool.on('error', () => {});
    world.onClose(() => pool.end());
    await pool.query(
      `CREATE TABLE IF NOT EXISTS ${table} (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)`,
    );
    return pool;
  },
};

/** Servers whose adapters have the same key are one cluster. */
export const adapters = {
  'redis-adapter on redis': async (world, key) =>
    createAdapter(await clients.redis(world), await clients.redis(world), { key }),
  'redis-adapter on ioredis': async (world, key) =>
    createAdapter(await clients.ioredis(world), await clients.ioredis(world), { key }),
  'sharded redis-adapter': async (world, key) =>
    createShardedAdapter(await clients.redis(world), await clients.redis(world), {
      channelPrefix: key,
    }),
  'redis-streams-adapter': async (world, key) =>
    createStreamsAdapter(await clients.redis(world), { streamName: key, blockTimeInMs: 50 }),
  'postgres-adapter': async (world, key) => {
    const tableName = `parity_${key.replace(/\W/g, '_')}`;
    const pool = await clients.postgres(world, tableName);
    world.onClose(() => pool.query(`DROP TABLE IF EXISTS ${tableName}`));
    return createPostgresAdapter(pool, { channelPrefix: tableName, tableName });
  },
};

/** For a test's `skip`: false, or why. A server that is missing is said aloud. */
export async function missing() {
  const redis = await unreachable('Redis', url, 6379, 'REDIS_URL');
  const postgres = await unreachable('PostgreSQL', postgresUrl, 5432, 'TEST_POSTGRES_URL');
  return (name) => (name === 'postgres-adapter' ? postgres : redis);
}

async function unreachable(name, address, port, variable) {
  if (await reachable(address, port)) return false;
  const reason = `no ${name} answers where ${variable} or its default says`;
  console.error(`SKIPPED: adapters over ${name} (${reason})`);
  return reason;
}

function reachable(address, defaultPort) {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const probe = net.connect(Number(port || defaultPort), hostname);
    probe.once('connect', () => resolve(true) ?? probe.destroy());
    probe.once('error', () => resolve(false));
  });
}
