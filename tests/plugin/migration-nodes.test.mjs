// Settings of version 5.0.x in a database from which several nodes start at once.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createDatabase, lockRows } from './support/databases.mjs';
import { startNode } from './support/shared-nodes.mjs';
import { storedBy5_0_4 } from './support/stored-settings.mjs';

const ORIGINAL = 'settings_5_0';
const OLD_ROW = "select id from strapi_core_store_settings where value like '%allowedMethods%'";

const databases = {
  postgres: await createDatabase('postgres'),
  mysql: await createDatabase('mysql'),
};

for (const [name, database] of Object.entries(databases)) {
  const skip = database === null && `no ${name} server answers`;

  describe(`two nodes that find settings of 5.0.x (${name})`, { timeout: 180_000, skip }, () => {
    const nodes = [];
    let lock;

    const start = async (first) => {
      const node = await startNode({ database: database.config, first });
      nodes.push(node);
      return node;
    };
    const stop = async () => {
      for (const node of nodes.splice(0)) await node.close();
    };

    after(async () => {
      await lock?.release();
      await stop();
      await database?.drop();
    });

    it('convert them once, and both have them in force', async () => {
      const original = await storedBy5_0_4('used');
      const earlier = await start(true);
      await earlier.call('store', 'write', original);
      await stop();

      // Both read the old settings before either can store anything.
      lock = await lockRows(database.config, OLD_ROW);
      let started = 0;
      const starting = [1, 2].map(() => start().finally(() => (started += 1)));
      while ((await lock.waiting()) < 2) {
        assert.equal(started, 0, 'no node starts before it has read its settings');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await lock.release();
      const [one, two] = await Promise.all(starting);

      const settings = await one.call('settings', 'getSettings');
      assert.deepEqual(await two.call('settings', 'getSettings'), settings);
      assert.equal(settings.connection.maxConnections, 500);
      assert.deepEqual(settings.events.excludeFields, ['body']);
      const log = [...(await one.call('log', 'lines')), ...(await two.call('log', 'lines'))];
      const converted = log.filter(({ text }) => text.includes('5.0.x were converted'));
      assert.equal(converted.length, 1);
      assert.deepEqual(
        log.filter(({ level }) => level === 'error'),
        [],
      );
      assert.deepEqual(await one.call('store', 'read', ORIGINAL), original);
      const { connection, middleware } = await one.call('store', 'read');
      assert.deepEqual([connection.maxConnections, middleware], [500, undefined]);
    });
  });
}
