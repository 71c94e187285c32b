// Databases of their own for tests, on servers that may or may not be there.
import { randomBytes } from 'node:crypto';
import { require } from './plugin-root.mjs';

const POSTGRES = process.env.TEST_POSTGRES_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
const MARIADB = process.env.TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';
const CONNECT_TIMEOUT = 5_000;

function connectionOf(url, port) {
  const { hostname, username, password, port: given } = new URL(url);
  return {
    host: hostname,
    port: Number(given || port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** Runs one statement on the server itself. */
const servers = {
  async postgres(statement) {
    const { Client } = require('pg');
    const client = new Client({
      connectionString: POSTGRES,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
    });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  },
  async mysql(statement) {
    const connection = await require('mysql2/promise').createConnection({
      ...connectionOf(MARIADB, 3306),
      connectTimeout: CONNECT_TIMEOUT,
    });
    await connection.query(statement).finally(() => connection.end());
  },
};

/**
 * Creates a database; `config` is for Strapi, `drop` removes it. null where its server cannot be
 * reached, which is said aloud: what is not run must not pass for tested.
 */
export async function createDatabase(client) {
  const database = `plugin_io_${randomBytes(6).toString('hex')}`;
  try {
    await servers[client](`create database ${database}`);
  } catch (error) {
    console.error(`\n!!! NOT TESTED on ${client}: ${error.message || error.code}\n`);
    return null;
  }
  const server = client === 'postgres' ? connectionOf(POSTGRES, 5432) : connectionOf(MARIADB, 3306);
  return {
    config: { connection: { client, connection: { ...server, database } } },
    // Also while something that has failed is still connected.
    drop: () =>
      servers[client](`drop database ${database}${client === 'postgres' ? ' with (force)' : ''}`),
  };
}

/** How many transactions of a database wait for a lock. */
const waiting = {
  postgres: async (query, database) =>
    (
      await query(
        `select pid from pg_stat_activity where datname = '${database}' and wait_event_type = 'Lock'`,
      )
    ).rows.length,
  mysql: async (query, database) =>
    (
      await query(
        `select trx_id from information_schema.innodb_trx join information_schema.processlist on id = trx_mysql_thread_id where trx_state = 'LOCK WAIT' and db = '${database}'`,
      )
    )[0].length,
};

/**
 * Locks the rows that `select` finds until `release()`. `waiting()` counts the transactions that wait for a lock
 * meanwhile.
 */
export async function lockRows({ connection: { client, connection } }, select) {
  const open = async () => {
    if (client === 'mysql') return require('mysql2/promise').createConnection(connection);
    const { Client } = require('pg');
    const made = new Client(connection);
    await made.connect();
    return made;
  };
  const [locker, watcher] = [await open(), await open()];
  await locker.query('begin');
  await locker.query(`${select} for update`);
  let released;
  return {
    waiting: () => waiting[client]((text) => watcher.query(text), connection.database),
    /** May be called again. */
    release: () =>
      (released ??= locker.query('commit').then(() => Promise.all([locker.end(), watcher.end()]))),
  };
}
