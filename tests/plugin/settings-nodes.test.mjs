// Admins who change settings at the same time, on two nodes of one application.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDatabase } from './support/databases.mjs';
import { require } from './support/plugin-root.mjs';
import { startNode } from './support/shared-nodes.mjs';

const ROUNDS = 5;

async function sqliteFile() {
  const folder = await mkdtemp(path.join(tmpdir(), 'plugin-io-'));
  const connection = { filename: path.join(folder, 'data.db') };
  return {
    config: { connection: { client: 'sqlite', connection, useNullAsDefault: true } },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

const databases = {
  sqlite: await sqliteFile(),
  postgres: await createDatabase('postgres'),
  mysql: await createDatabase('mysql'),
};

for (const [name, database] of Object.entries(databases)) {
  const skip = database === null && `no ${name} server answers`;

  describe(`settings that two nodes store at a time (${name})`, { timeout: 120_000, skip }, () => {
    const nodes = [];
    let token;

    const put = async (node, data) => {
      const answer = await node.request('PUT', '/io/settings', { token, data });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body.data.settings;
    };

    before(async () => {
      for (const first of [true, false]) {
        nodes.push(await startNode({ database: database.config, first }));
      }
      token = await nodes[0].login('ada');
    });

    after(async () => {
      for (const node of nodes) await node.close();
      await database.drop();
    });

    it('are all kept', async () => {
      const [near, far] = nodes;
      for (let round = 1; round <= ROUNDS; round += 1) {
        await Promise.all([
          put(near, { connection: { maxConnections: round } }),
          put(far, { monitoring: { maxEventLogSize: round } }),
          put(near, { entitySubscriptions: { maxSubscriptionsPerSocket: round } }),
          put(far, { security: { ipBlacklist: [`192.0.2.${round}`] } }),
        ]);
        for (const node of nodes) {
          const settings = await put(node, {});
          assert.deepEqual(
            [
              settings.connection.maxConnections,
              settings.monitoring.maxEventLogSize,
              settings.entitySubscriptions.maxSubscriptionsPerSocket,
              settings.security.ipBlacklist,
            ],
            [round, round, round, [`192.0.2.${round}`]],
          );
        }
      }
    });

    it('are those of the last one where both change the same, in one row', async () => {
      const [near, far] = nodes;
      const kept = { connection: { pingInterval: 12_345 } };
      await Promise.all([
        put(near, { ...kept, monitoring: { maxEventLogSize: 11 } }),
        put(far, { monitoring: { maxEventLogSize: 22 } }),
      ]);
      const [one, other] = [await put(near, {}), await put(far, {})];
      assert.deepEqual(one, other);
      assert.ok([11, 22].includes(one.monitoring.maxEventLogSize));
      assert.equal(one.connection.pingInterval, 12_345);
    });

    it('are refused whole, whatever else is stored meanwhile', async () => {
      const [near, far] = nodes;
      const bad = { monitoring: { maxEventLogSize: 33 }, connection: { maxConnections: -1 } };
      const [answer] = await Promise.all([
        near.request('PUT', '/io/settings', { token, data: bad }),
        put(far, { connection: { maxConnections: 44 } }),
      ]);
      assert.equal(answer.status, 400);
      const settings = await put(near, {});
      assert.equal(settings.connection.maxConnections, 44);
      assert.notEqual(settings.monitoring.maxEventLogSize, 33);
    });

    if (name !== 'postgres') return;
    it('wait for each other at the row, so that none is based on what is over', async () => {
      const { Client } = require('pg');
      const client = new Client(database.config.connection.connection);
      await client.connect();
      try {
        await client.query('begin');
        const { rows } = await client.query(
          "select id from strapi_core_store_settings where key = 'plugin_io_settings' for update",
        );
        assert.equal(rows.length, 1);
        const both = Promise.all([
          put(nodes[0], { connection: { maxConnections: 101 } }),
          put(nodes[1], { monitoring: { maxEventLogSize: 102 } }),
        ]);
        const waiting =
          "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        const signal = AbortSignal.timeout(20_000);
        while ((await client.query(waiting)).rows[0].n < 2) signal.throwIfAborted();
        await client.query('commit');
        await both;
        const settings = await put(nodes[0], {});
        assert.equal(settings.connection.maxConnections, 101);
        assert.equal(settings.monitoring.maxEventLogSize, 102);
      } finally {
        await client.end();
      }
    });
  });
}
