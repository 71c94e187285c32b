// `invalidateCache` on one node, after a change of permissions that no node could see.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, refused } from './support/client.mjs';
import { createDatabase } from './support/databases.mjs';
import { require } from './support/plugin-root.mjs';
import { startTwoNodes } from './support/shared-nodes.mjs';

const database = await createDatabase('postgres');
const skip = database === null && 'no PostgreSQL answers at TEST_POSTGRES_URL';

describe('invalidateCache over two nodes', { timeout: 120_000, skip }, () => {
  const clients = [];
  let pair;
  let sql;

  before(async () => {
    pair = await startTwoNodes(database);
    sql = new (require('pg').Client)(database.config.connection.connection);
    await sql.connect();
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await sql?.end();
    await pair?.close();
    await database.drop();
  });

  it('has the others read permissions again, and check who is connected', async () => {
    const { near, far } = pair;
    const reader = await connect(far.url);
    const member = await connect(far.url, { auth: { token: near.jwts.guest } });
    clients.push(reader, member);
    const write = async (text) => {
      const { status } = await far.request('POST', '/api/notes', { data: { data: { text } } });
      assert.equal(status, 201);
      const last = reader.next('last');
      far.send('last');
      await last;
      return reader
        .take()
        .filter(({ event }) => event === 'note:create')
        .map(({ data }) => data.text);
    };
    assert.deepEqual(await write('a'), ['a']);

    await sql.query("delete from up_permissions where action = 'api::note.note.find'");
    await sql.query("update up_users set blocked = true where username = 'guest'");
    assert.deepEqual(await write('b'), ['b'], 'it is cached');
    near.send('invalidate');
    assert.equal(await member.disconnected(), 'io server disconnect');
    assert.deepEqual(await write('c'), []);
    await refused(far.url, { auth: { token: near.jwts.guest } });
  });
});
