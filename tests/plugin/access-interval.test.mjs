// Changes of rights that the plugin cannot notice: written with SQL, as by another program. The interval bounds them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { until } from './support/until.mjs';

const NOTE = 'api::note.note';
const INTERVAL = 2_000;

describe('security.accessCheckInterval', { timeout: 180_000 }, () => {
  let app;
  const clients = [];
  const join = async (auth = {}) => {
    const client = await connect(app.url, { auth, transports: ['websocket'] });
    clients.push(client);
    return client;
  };
  const sql = () => app.strapi.db.connection;
  const service = (name) => app.strapi.plugin('io').service(name);
  const heard = async (client) => {
    client.take();
    await app.strapi.documents(NOTE).create({ data: { text: 'x' } });
    await app.flush(client);
    return client.names().includes('note:create');
  };

  before(async () => {
    app = await boot({ contentTypes: [NOTE], security: { accessCheckInterval: INTERVAL } });
    await app.grant('public', NOTE, 'find');
    await app.grant('authenticated', NOTE, 'find');
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  /** Whether the engine has had all identities checked since then. */
  const allCheckedSince = (start) =>
    service('server')
      .engine()
      .dueIdentities(1, 0, 0)
      .every(({ age }) => age < performance.now() - start);

  it('ends sockets of users who are blocked, deleted or without a role', async () => {
    const ends = {
      blocked: (id) => sql()('up_users').where({ id }).update({ blocked: true }),
      deleted: (id) => sql()('up_users').where({ id }).delete(),
      'without a role': (id) => sql()('up_users_role_lnk').where({ user_id: id }).delete(),
    };
    const stays = await join({ token: (await app.addUser('stays')).jwt });
    for (const [name, end] of Object.entries(ends)) {
      const { user, jwt } = await app.addUser(`was-${name.replaceAll(' ', '-')}`);
      const client = await join({ token: jwt });
      await end(user.id);
      await client.disconnected();
      assert.deepEqual(client.received.at(-1)?.data, { reason: 'Access revoked' }, name);
    }
    assert.equal(stays.socket.connected, true);
  });

  it('ends sockets of API tokens that are deleted, and moves users to another role', async () => {
    const made = { name: 'gone', description: '', type: 'full-access', lifespan: null };
    const { id, accessKey } = await app.strapi.service('admin::api-token-content-api').create(made);
    const token = await join({ strategy: 'api-token', token: accessKey });
    await sql()('strapi_api_tokens').where({ id }).delete();
    await token.disconnected();

    const { user, jwt } = await app.addUser('mover');
    const client = await join({ token: jwt });
    assert.equal(await heard(client), true);
    const { id: role } = await app.strapi.db
      .query('plugin::users-permissions.role')
      .create({ data: { name: 'Nothing', type: 'nothing', description: '' } });
    await sql()('up_users_role_lnk').where({ user_id: user.id }).update({ role_id: role });
    await until('the role is noticed', async () => !(await heard(client)));
    assert.equal(client.socket.connected, true);
  });

  it('notices permissions, and drops subscriptions that they do not allow any more', async () => {
    const { jwt } = await app.addUser('subscriber');
    const client = await join({ token: jwt });
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'one' } });
    await client.ask('subscribe-entity', { uid: NOTE, id: documentId });
    const other = await join({ token: jwt });
    const action = `${NOTE}.find`;
    const { id: role } = await app.role('authenticated');
    const links = sql()('up_permissions_role_lnk').where({ role_id: role });
    await sql()('up_permissions')
      .where({ action })
      .whereIn('id', links.select('permission_id'))
      .delete();
    await until('the permission is noticed', async () => !(await heard(other)));
    await until('the subscription is dropped', async () => {
      const { subscriptions } = await client.ask('get-entity-subscriptions');
      return subscriptions.length === 0;
    });
    await app.grant('authenticated', NOTE, 'find');
  });

  it('notices settings', async () => {
    const client = await join();
    const row = sql()('strapi_core_store_settings').where({ key: 'plugin_io_settings' });
    await row
      .clone()
      .update({ value: JSON.stringify({ security: { requireAuthentication: true } }) });
    await client.disconnected();
    assert.deepEqual(client.received.at(-1)?.data, { reason: 'Authentication required' });
    await row.clone().update({ value: '{}' });
    const { current } = service('settings');
    await until('the setting is noticed', () => !current().security.requireAuthentication);
  });

  it('reads a user once in each round, however many sockets it has', async () => {
    const { jwt } = await app.addUser('many');
    for (let number = 0; number < 100; number += 1) await join({ token: jwt });
    const queries = [];
    const count = ({ sql: text }) => {
      if (/^select .*from .up_users/i.test(text)) queries.push(text);
    };
    const start = performance.now();
    sql().on('query', count);
    await until('all are checked', () => allCheckedSince(start));
    sql().off('query', count);
    const rounds = Math.ceil((performance.now() - start) / (INTERVAL / 20)) + 1;
    assert.ok(queries.length >= 1 && queries.length <= 2 * rounds, `${queries.length}, ${rounds}`);
    assert.ok(queries.length < 100, `${queries.length} queries for 100 sockets`);
  });

  it('disconnects nobody while the database is away for a moment, and all when it stays away', async (t) => {
    const client = await join({ token: (await app.addUser('patient')).jwt });
    const strategy = service('strategy');
    const { review } = strategy;
    let isAway = true;
    let failures = 0;
    t.mock.method(strategy, 'review', async (identities) => {
      if (!isAway) return review(identities);
      failures += 1;
      throw new Error('no database');
    });
    await until('a round fails', () => failures > 0);
    isAway = false;
    const start = performance.now();
    await until('all are checked', () => allCheckedSince(start));
    assert.equal(client.socket.connected, true);

    isAway = true;
    await client.disconnected();
    assert.deepEqual(client.received.at(-1)?.data, { reason: 'Access cannot be checked' });
  });

  it('disconnects all when the database hangs, too, and lets them come back', async (t) => {
    const { jwt } = await app.addUser('patient-too');
    const client = await join({ token: jwt });
    const strategy = service('strategy');
    const hanging = t.mock.method(strategy, 'review', () => new Promise(() => {}));
    await client.disconnected();
    assert.deepEqual(client.received.at(-1)?.data, { reason: 'Access cannot be checked' });
    hanging.mock.restore();
    assert.equal(await heard(await join({ token: jwt })), true);
  });
});
