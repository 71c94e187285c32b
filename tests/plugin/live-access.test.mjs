// What happens to sockets that are connected when what they were let in for changes.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';
const USER = 'plugin::users-permissions.user';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(payload) {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', 'jwt secret').update(signed).digest('base64url')}`;
}

describe('live access', { timeout: 120_000 }, () => {
  let app;
  const clients = [];
  const join = async (auth = {}) => {
    const client = await connect(app.url, { auth });
    clients.push(client);
    return client;
  };
  const write = (text) => app.strapi.documents(NOTE).create({ data: { text } });
  const users = () => app.strapi.db.query(USER);

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      rolePermissions: {
        BANNED: { canConnect: false, contentTypes: {} },
        silent: {
          canConnect: true,
          contentTypes: { [NOTE]: { create: false, update: true, delete: true } },
        },
      },
    });
    const roles = app.strapi.db.query('plugin::users-permissions.role');
    for (const name of ['Banned', 'Silent', 'Outsider']) {
      await roles.create({ data: { name, type: name.toLowerCase(), description: '' } });
    }
    for (const role of ['authenticated', 'banned', 'silent']) await app.grant(role, NOTE, 'find');
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('moves a user whose role changes, both ways', async () => {
    const { user, jwt: token } = await app.addUser('mover', 'outsider');
    const client = await join({ token });
    const setRole = async (type) => {
      const { id } = await app.role(type);
      await users().update({ where: { id: user.id }, data: { role: id } });
    };
    const seen = async (text) => {
      await write(text);
      await app.flush(client);
      return client.take().map(({ data }) => data.text);
    };
    assert.deepEqual(await seen('before'), []);
    await setRole('authenticated');
    assert.deepEqual(await seen('as authenticated'), ['as authenticated']);
    await setRole('outsider');
    assert.deepEqual(await seen('after'), []);
  });

  it('disconnects users who are blocked, deleted, or get a role that may not connect', async () => {
    const { id: banned } = await app.role('banned');
    const ends = {
      blocked: ({ id }) => users().update({ where: { id }, data: { blocked: true } }),
      deleted: ({ id }) => users().delete({ where: { id } }),
      banned: ({ id }) => users().update({ where: { id }, data: { role: banned } }),
      'blocked in a transaction': ({ id }) =>
        app.strapi.db.transaction(() => users().update({ where: { id }, data: { blocked: true } })),
      'blocked with others': ({ id }) =>
        users().updateMany({ where: { id }, data: { blocked: true } }),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { user, jwt: token } = await app.addUser(`was-${name.replaceAll(' ', '-')}`);
      const client = await join({ token });
      await end(user);
      await write('not for them');
      await client.disconnected();
      assert.deepEqual(
        client.received,
        [{ event: 'io:disconnected', data: { reason: 'Access revoked' } }],
        name,
      );
      await refused(app.url, { auth: { token } });
    }
  });

  it('leaves those alone whose change is rolled back', async () => {
    const { user, jwt: token } = await app.addUser('survivor');
    const client = await join({ token });
    const failing = app.strapi.db.transaction(async () => {
      await users().update({ where: { id: user.id }, data: { blocked: true } });
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    await write('still for them');
    await app.flush(client);
    assert.deepEqual(client.names(), ['note:create']);
  });

  it('disconnects when an API token is revoked or given another key', async () => {
    const service = app.strapi.service('admin::api-token-content-api');
    const ends = { revoked: (id) => service.revoke(id), renewed: (id) => service.regenerate(id) };
    for (const [name, end] of Object.entries(ends)) {
      const made = { name, description: '', type: 'full-access', lifespan: null };
      const { id, accessKey } = await service.create(made);
      const client = await join({ strategy: 'api-token', token: accessKey });
      await end(id);
      await write('not for them');
      await client.disconnected();
      assert.deepEqual(client.names(), ['io:disconnected'], name);
    }
  });

  it('tells a client that its token expires, and disconnects it then', async () => {
    const { user } = await app.addUser('expiring');
    const exp = Math.floor(Date.now() / 1000) + 3;
    const client = await join({ token: sign({ id: user.id, exp }) });
    await client.disconnected();
    assert.ok(Date.now() >= exp * 1000);
    assert.deepEqual(client.names(), ['auth:expired']);
  });

  it('narrows what a role receives, action by action, and who may connect', async () => {
    const { jwt: token } = await app.addUser('silent-one', 'silent');
    const client = await join({ token });
    const { documentId } = await write('quietly');
    await app.strapi.documents(NOTE).update({ documentId, data: { text: 'loudly' } });
    await app.strapi.documents(NOTE).delete({ documentId });
    await app.flush(client);
    assert.deepEqual(client.names(), ['note:update', 'note:delete']);

    const { jwt } = await app.addUser('banned-one', 'banned');
    const error = await refused(app.url, { auth: { token: jwt } });
    assert.equal(error.message, 'This role may not connect');
    assert.deepEqual(error.data, { code: 'FORBIDDEN' });
  });

  it('goes on when one socket cannot be moved, which does not stay either', async (t) => {
    const [moved, blocked] = [await app.addUser('half-moved'), await app.addUser('to-be-blocked')];
    const stuck = await join({ token: moved.jwt });
    const next = await join({ token: blocked.jwt });
    const { id } = stuck.socket;
    // Only where JavaScript has a socket there is something that can fail.
    assert.ok(app.strapi.$io.server.sockets.sockets.get(id));
    // Past the lifecycles, so that both are looked at in one go.
    await app.strapi.db
      .connection('up_users')
      .where({ id: blocked.user.id })
      .update({ blocked: true });
    const rules = app.strapi.plugin('io').service('event-rules');
    t.mock.method(rules, 'apply', () => Promise.reject(new Error('no database')));
    app.strapi.$io.invalidateCache();
    await Promise.all([stuck.disconnected(), next.disconnected()]);
    assert.deepEqual(next.take(), [
      { event: 'io:disconnected', data: { reason: 'Access revoked' } },
    ]);
    assert.ok(app.log.some(({ text }) => text.includes(id) && text.includes('no database')));
  });
});

describe('changes that follow each other closely', { timeout: 120_000 }, () => {
  let app;
  let client;
  before(async () => {
    // Long enough for a slow machine to write several times within it.
    app = await boot({ contentTypes: [NOTE], debounce: 2_000 });
    await app.grant('public', NOTE, 'find');
    client = await connect(app.url);
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  const told = () => client.take().map(({ event, data }) => [event, data.text]);
  /** Writes, and waits for the event that tells of it. */
  const heard = async (event, write) => {
    const [, result] = await Promise.all([client.next(event), write]);
    return result;
  };

  it('are told at once for the first of each kind, and then as one with the last state', async () => {
    const notes = app.strapi.documents(NOTE);
    const { documentId } = await heard('note:create', notes.create({ data: { text: '0' } }));
    await heard('note:update', notes.update({ documentId, data: { text: '1' } }));
    for (const text of ['2', '3', '4']) await notes.update({ documentId, data: { text } });
    await app.flush(client);
    assert.deepEqual(told(), [
      ['note:create', '0'],
      ['note:update', '1'],
      ['note:update', '4'],
    ]);
  });

  it('end with a delete, which takes along what was kept', async () => {
    const notes = app.strapi.documents(NOTE);
    const { documentId } = await heard('note:create', notes.create({ data: { text: '0' } }));
    await heard('note:update', notes.update({ documentId, data: { text: '1' } }));
    await notes.update({ documentId, data: { text: '2' } });
    await heard('note:delete', notes.delete({ documentId }));
    await app.flush(client);
    assert.deepEqual(told(), [
      ['note:create', '0'],
      ['note:update', '1'],
      ['note:delete', undefined],
    ]);
  });
});
