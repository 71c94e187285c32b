import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const NOTE = 'api::note.note';
const HOMEPAGE = 'api::homepage.homepage';
const READ = 'plugin::content-manager.explorer.read';
const NOT_ALLOWED = { success: false, error: 'You may not read this content type' };

const document = (documentId, uid = ARTICLE) => ({ uid, documentId });

/** Who edits, as [socket, first name] in order. */
const who = ({ editors }) => editors.map(({ socketId, user }) => [socketId, user.firstname]);

const whoami = {
  name: 'whoami',
  handler: (_context, socket, ack) => ack({ user: socket.user, rooms: [...socket.rooms] }),
};
const joinAnything = {
  name: 'join-anything',
  handler: async (_context, socket, room, ack) => {
    try {
      await socket.join(room);
      ack('joined');
    } catch (error) {
      ack(error.message);
    }
  },
};

/** Resolves when a client is told that nobody edits its document any more. */
const noEditors = ({ socket }) =>
  new Promise((resolve) =>
    socket.on('presence:update', ({ count }) => (count === 0 ? resolve() : undefined)),
  );

describe('presence', { timeout: 120_000 }, () => {
  let app;
  let admins;
  const ids = {};
  const clients = [];
  const keep = (client) => (clients.push(client), client);
  const enter = async (name) => keep(await admins.enter(name));

  before(async () => {
    app = await boot({ contentTypes: [ARTICLE, NOTE], events: [whoami, joinAnything] });
    admins = adminActions(app);
    const editors = await admins.addRole('Article editors', [{ action: READ, subject: ARTICLE }]);
    for (const name of ['ada', 'bob', 'eve', 'max']) ids[name] = (await admins.addAdmin(name)).id;
    ids.nan = (await admins.addAdmin('nan', editors)).id;
    ids.role = editors.id;
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('hands session tokens to admins who have logged in, one in 30 seconds', async () => {
    const access = await admins.login('ada');
    const before = Date.now();
    const { status, headers, body } = await admins.session(access);
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(
      body.token,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.ok(body.expiresAt >= before + 600_000 && body.expiresAt <= Date.now() + 600_000);
    assert.equal(body.expiresAt - body.refreshAfter, 180_000);
    assert.deepEqual([body.wsPath, body.wsUrl], ['/socket.io', app.url]);
    assert.equal(Object.keys(body).length, 5);

    const again = await admins.session(access);
    assert.equal(again.status, 429);
    const wait = again.body.error.details.retryAfter;
    assert.ok(wait > 0 && wait <= 30_000);
    assert.equal(again.headers.get('retry-after'), String(Math.ceil(wait / 1000)));
    assert.equal((await admins.session(await admins.login('ada'))).status, 200, 'another session');
  });

  it('hands none to anybody else', async () => {
    assert.equal((await admins.session()).status, 401);
    const { jwt } = await app.addUser('visitor');
    assert.equal((await admins.session(jwt)).status, 401);
    const owner = await app.strapi.db.query('admin::user').findOne({ where: { id: ids.ada } });
    const { accessKey } = await app.strapi.service('admin::api-token-admin').create(
      {
        name: 'a',
        description: '',
        lifespan: null,
        adminPermissions: [],
        adminUserOwner: owner.id,
      },
      owner,
    );
    const { status, body } = await admins.session(accessKey);
    assert.equal(status, 403);
    assert.match(body.error.message, /not for API tokens/);
  });

  it('lets a token open ten connections, and a wrong one none', async () => {
    const { body } = await admins.session(await admins.login('bob'));
    const auth = admins.auth(body.token);
    for (let use = 0; use < 10; use += 1) (await connect(app.url, { auth })).close();
    for (const bad of [auth, admins.auth('0'), admins.auth(await admins.login('bob'))]) {
      const error = await refused(app.url, { auth: bad });
      assert.equal(error.message, 'Invalid or expired token');
      assert.deepEqual(error.data, { code: 'INVALID_TOKEN' });
    }
    assert.equal((await refused(app.url, { auth: admins.auth() })).message, 'Missing token');
    assert.ok(await refused(app.url, { auth: { ...auth, strategy: 'jwt' } }));
  });

  it('gives admins no content, and nobody else presence', async () => {
    const admin = await enter('ada');
    const { user, rooms } = await admin.ask('whoami');
    assert.equal(user, null);
    const roles = await app.strapi.db.query('plugin::users-permissions.role').findMany();
    assert.ok(!rooms.some((room) => roles.some(({ name }) => name === room)));
    await app.grant('public', NOTE, 'find');
    await app.grant('authenticated', NOTE, 'find');
    const guest = keep(await connect(app.url));
    await app.strapi.documents(NOTE).create({ data: { text: 'for readers' } });
    await app.flush(admin, guest);
    assert.deepEqual([admin.names(), guest.names()], [[], ['note:create']]);
    for (const event of ['join', 'leave', 'check', 'heartbeat', 'typing']) {
      const { success, error } = await guest.ask(`presence:${event}`, document('a'));
      assert.deepEqual([success, typeof error], [false, 'string'], event);
    }
  });

  it('tells the editors of a document of each other', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const began = Date.now();
    const joined = await ada.ask('presence:join', document('one'));
    assert.deepEqual(
      { ...joined, editors: who(joined), timestamp: 0 },
      {
        success: true,
        ...document('one'),
        editors: [[ada.socket.id, 'ada']],
        count: 1,
        timestamp: 0,
      },
    );
    const [editor] = joined.editors;
    assert.deepEqual(editor.user, { id: ids.ada, firstname: 'ada', lastname: 'Admin' });
    assert.ok(editor.joinedAt >= began && joined.timestamp >= editor.joinedAt);

    ada.take();
    const seen = ada.next('presence:update');
    await bob.ask('presence:join', document('one'));
    const update = await seen;
    const both = [
      [ada.socket.id, 'ada'],
      [bob.socket.id, 'bob'],
    ];
    assert.deepEqual([update.uid, update.documentId, update.count], [ARTICLE, 'one', 2]);
    assert.deepEqual(who(update), both);
    assert.deepEqual(Object.keys(update).sort(), [
      'count',
      'documentId',
      'editors',
      'timestamp',
      'uid',
    ]);

    const eve = await enter('eve');
    assert.deepEqual(
      who(await eve.ask('presence:check', document('one'))),
      both,
      'without joining',
    );
    assert.equal((await eve.ask('presence:check', document('two'))).count, 0);
    const left = ada.next('presence:update');
    assert.deepEqual(await bob.ask('presence:leave', document('one')), {
      success: true,
      ...document('one'),
    });
    assert.deepEqual(who(await left), [[ada.socket.id, 'ada']]);
    await app.flush(ada, bob, eve);
    assert.deepEqual(ada.names(), ['presence:update', 'presence:update'], 'once each');
    assert.deepEqual(eve.names(), []);
    assert.deepEqual(await bob.ask('presence:heartbeat'), { success: true, documents: 0 });
    assert.deepEqual(await ada.ask('presence:heartbeat'), { success: true, documents: 1 });
  });

  it('takes several tabs of one admin for one editor, until the last is gone', async () => {
    const watcher = await enter('eve');
    const first = await enter('max');
    const second = keep(await connect(app.url, { auth: admins.auth(first.token) }));
    await watcher.ask('presence:join', document('tabs'));
    await first.ask('presence:join', document('tabs'));
    await app.flush(watcher);
    watcher.take();
    const { count } = await second.ask('presence:join', document('tabs'));
    assert.equal(count, 2);
    await app.flush(watcher);
    assert.deepEqual(watcher.take(), [], 'nothing has changed');
    let seen = watcher.next('presence:update');
    first.close();
    assert.deepEqual(who(await seen).at(-1), [second.socket.id, 'max']);
    seen = watcher.next('presence:update');
    second.close();
    assert.deepEqual(who(await seen), [[watcher.socket.id, 'eve']]);

    // Reconnecting with the same token: another socket, which joins again.
    const third = keep(await connect(app.url, { auth: admins.auth(first.token) }));
    const back = watcher.next('presence:update');
    await third.ask('presence:join', document('tabs'));
    assert.deepEqual(who(await back).at(-1), [third.socket.id, 'max']);
  });

  it('tells the others who types where', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const tab = keep(await connect(app.url, { auth: admins.auth(bob.token) }));
    for (const client of [ada, bob, tab]) await client.ask('presence:join', document('typing'));
    await app.flush(ada, bob, tab);
    [ada, bob, tab].forEach((client) => client.take());
    const typing = (fieldName) => bob.ask('presence:typing', { ...document('typing'), fieldName });
    const seen = ada.next('presence:typing');
    assert.deepEqual(await typing('title'), { success: true });
    const { timestamp, ...event } = await seen;
    assert.deepEqual(event, {
      ...document('typing'),
      user: { id: ids.bob, firstname: 'bob', lastname: 'Admin' },
      fieldName: 'title',
    });
    assert.ok(Math.abs(Date.now() - timestamp) < 10_000);
    await typing('title');
    await typing('body');
    await typing(null);
    await app.flush(ada, bob, tab);
    const fields = ada.received.map(({ data }) => data.fieldName);
    assert.deepEqual(fields, ['title', 'body', null], 'the same field is told once in a while');
    assert.deepEqual([bob.names(), tab.names()], [[], []], 'not to the one who types');
    const eve = await enter('eve');
    const stranger = { ...document('typing'), fieldName: 'title' };
    assert.deepEqual(await eve.ask('presence:typing', stranger), {
      success: false,
      error: 'the document is not joined',
    });
  });

  it('knows single types without a document id', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const unsaved = await ada.ask('presence:join', { uid: HOMEPAGE });
    assert.deepEqual([unsaved.success, unsaved.documentId, unsaved.count], [true, null, 1]);
    const { documentId } = await app.strapi.documents(HOMEPAGE).create({ data: { headline: 'x' } });
    await ada.ask('presence:join', { uid: HOMEPAGE });
    const saved = await bob.ask('presence:join', { uid: HOMEPAGE, documentId });
    assert.deepEqual([saved.documentId, saved.count], [documentId, 2]);
  });

  it('answers malformed requests, and keeps to its limits', async () => {
    const ada = await enter('ada');
    const bad = [
      [undefined, 'Expected an object { uid, documentId }'],
      ['a', 'Expected an object { uid, documentId }'],
      [[], 'Expected an object { uid, documentId }'],
      [{}, 'uid must be the uid of a content type'],
      [{ uid: { a: 1 }, documentId: 'a' }, 'uid must be the uid of a content type'],
      [{ uid: 'api::nothing.nothing', documentId: 'a' }, 'uid is not a content type'],
      [{ uid: '__proto__', documentId: 'a' }, 'uid is not a content type'],
      [{ uid: ARTICLE }, 'documentId must be a document id'],
      [{ uid: ARTICLE, documentId: 1 }, 'documentId must be a document id'],
      [document('x'.repeat(256)), 'documentId must have 1 to 255 bytes'],
    ];
    for (const [payload, error] of bad) {
      assert.deepEqual(await ada.ask('presence:join', payload), { success: false, error });
    }
    for (const fieldName of [undefined, 1, '', {}]) {
      const answer = await ada.ask('presence:typing', { ...document('a'), fieldName });
      assert.match(answer.error, /^fieldName must be/);
    }
    ada.socket.emit('presence:join');
    ada.socket.emit('presence:typing', null, 1, 2);
    for (let index = 0; index < 20; index += 1) {
      assert.equal((await ada.ask('presence:join', document(`many-${index}`))).success, true);
    }
    assert.deepEqual(await ada.ask('presence:join', document('one too many')), {
      success: false,
      error: '20 documents are joined, which is the limit',
    });
    assert.deepEqual(await ada.ask('presence:heartbeat', 'ignored'), {
      success: true,
      documents: 20,
    });
    const flood = Array.from({ length: 200 }, () => ada.ask('presence:check', document('many-1')));
    const answers = await Promise.all(flood);
    assert.ok(answers.some(({ error }) => error === 'Too many requests at once'));
    assert.ok(answers.some(({ success }) => success));
    assert.deepEqual(
      app.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('keeps documents from those who may not read them, and their rooms from all', async () => {
    const [ada, nan] = [await enter('ada'), await enter('nan')];
    await ada.ask('presence:join', document('secret', NOTE));
    for (const event of ['join', 'check', 'leave', 'typing']) {
      const request = { ...document('secret', NOTE), fieldName: 'text' };
      assert.deepEqual(await nan.ask(`presence:${event}`, request), NOT_ALLOWED);
      // The answer would tell the id of the single type's entry.
      const single = { uid: HOMEPAGE, fieldName: 'headline' };
      assert.deepEqual(await nan.ask(`presence:${event}`, single), NOT_ALLOWED);
    }
    const { rooms } = await ada.ask('whoami');
    const room = rooms.find((name) => name.includes(':secret:'));
    assert.ok(room, 'the room has a name');
    const guest = keep(await connect(app.url));
    for (const client of [nan, guest]) {
      for (const name of [room.replace(/:[0-9a-f]+$/, ''), `${NOTE}:secret`, 'presence']) {
        await client.ask('join-anything', name);
      }
    }
    const bob = await enter('bob');
    await bob.ask('presence:join', document('secret', NOTE));
    await app.flush(ada, nan, guest);
    assert.ok(ada.names().includes('presence:update'));
    assert.deepEqual([nan.names(), guest.names()], [[], []]);

    // Losing the right means leaving.
    assert.equal((await nan.ask('presence:join', document('open'))).success, true);
    await ada.ask('presence:join', document('open'));
    const left = ada.next('presence:update');
    await app.strapi.service('admin::role').assignPermissions(ids.role, []);
    assert.deepEqual(who(await left), [[ada.socket.id, 'ada']]);
    assert.deepEqual(await nan.ask('presence:join', document('open')), NOT_ALLOWED);
    assert.deepEqual(await nan.ask('presence:heartbeat'), { success: true, documents: 0 });
  });

  it('ends with the admin session', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const told = ada.next('io:disconnected');
    const { status } = await admins.request('POST', '/admin/logout', {
      token: ada.access,
      data: {},
    });
    assert.equal(status, 200);
    assert.deepEqual(await told, { reason: 'Session ended' });
    assert.equal(await ada.disconnected(), 'io server disconnect');
    const error = await refused(app.url, { auth: admins.auth(ada.token) });
    assert.deepEqual(error.data, { code: 'INVALID_TOKEN' });
    assert.equal((await bob.ask('presence:heartbeat')).success, true, 'of that admin alone');

    await app.strapi.service('admin::user').updateById(ids.bob, { isActive: false });
    assert.equal(await bob.disconnected(), 'io server disconnect');
    assert.ok(await refused(app.url, { auth: admins.auth(bob.token) }));
    await app.strapi.service('admin::user').updateById(ids.bob, { isActive: true });

    const { id } = await admins.addAdmin('ephemeral');
    const client = await enter('ephemeral');
    await app.strapi.service('admin::user').deleteById(id);
    assert.equal(await client.disconnected(), 'io server disconnect');
  });

  it('shows sessions and ends them, to those who may', async () => {
    const token = await admins.login('ada');
    const before = (await admins.request('GET', '/io/security/sessions', { token })).body.data;
    const [eve, watcher] = [await enter('eve'), await enter('max')];
    const stats = await admins.request('GET', '/io/security/sessions', { token });
    assert.equal(stats.status, 200);
    assert.deepEqual(stats.body, {
      data: {
        activeSessions: before.activeSessions + 2,
        expiringSoon: 0,
        activeSocketConnections: before.activeSocketConnections + 2,
        sessionTTL: 600_000,
        refreshCooldown: 30_000,
      },
    });

    const online = await admins.request('GET', '/io/presence/online', { token });
    const entry = online.body.data.find(({ id }) => id === ids.eve);
    assert.deepEqual(
      { ...entry, lastActivity: 0 },
      {
        id: ids.eve,
        firstname: 'eve',
        lastname: 'Admin',
        roles: entry.roles,
        lastActivity: 0,
      },
    );
    assert.deepEqual(
      entry.roles.map(({ name }) => name),
      ['Super Admin'],
    );
    assert.ok(Date.now() - entry.lastActivity < 60_000);

    const limited = await admins.login('nan');
    for (const [method, place] of [
      ['GET', '/io/security/sessions'],
      ['GET', '/io/presence/online'],
      ['POST', `/io/security/invalidate/${ids.eve}`],
    ]) {
      assert.equal((await admins.request(method, place, { token: limited })).status, 403, place);
      assert.equal((await admins.request(method, place)).status, 401, place);
    }
    for (const bad of ['abc', '0', '1e3', '-1']) {
      const answer = await admins.request('POST', `/io/security/invalidate/${bad}`, { token });
      assert.equal(answer.status, 400, bad);
    }

    await eve.ask('presence:join', document('ended'));
    await watcher.ask('presence:join', document('ended'));
    const left = watcher.next('presence:update');
    const ended = await admins.request('POST', `/io/security/invalidate/${ids.eve}`, { token });
    const { invalidatedSessions } = ended.body.data;
    assert.ok(invalidatedSessions >= 1);
    assert.deepEqual(ended.body, {
      data: {
        userId: ids.eve,
        invalidatedSessions,
        message: `Successfully invalidated ${invalidatedSessions} session(s)`,
      },
    });
    assert.equal(await eve.disconnected(), 'io server disconnect');
    assert.deepEqual(who(await left), [[watcher.socket.id, 'max']]);
    assert.ok(await refused(app.url, { auth: admins.auth(eve.token) }));
    const again = await admins.request('POST', `/io/security/invalidate/${ids.eve}`, { token });
    assert.equal(again.body.data.invalidatedSessions, 0);
  });

  it('is switched off by its setting, which leaves the panels connected', async () => {
    const [client, other] = [await enter('max'), await enter('eve')];
    await client.ask('presence:join', document('off'));
    await other.ask('presence:join', document('off'));
    const settings = app.strapi.plugin('io').service('settings');
    const left = [client, other].map((one) => noEditors(one));
    await settings.update({ presence: { enabled: false } });
    await Promise.all(left);
    const refusal = { success: false, error: 'Presence is switched off' };
    for (const event of ['join', 'leave', 'check', 'heartbeat', 'typing']) {
      assert.deepEqual(await client.ask(`presence:${event}`, document('off')), refusal, event);
    }
    assert.equal((await enter('ada')).socket.connected, true, 'also who comes meanwhile');
    await settings.update({ presence: { enabled: true } });
    assert.deepEqual(await client.ask('presence:heartbeat'), { success: true, documents: 0 });
    const again = await client.ask('presence:join', document('off'));
    assert.deepEqual(who(again), [[client.socket.id, 'max']]);
  });
});
