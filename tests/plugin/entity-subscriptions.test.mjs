import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';

describe('entity subscriptions', { timeout: 150_000 }, () => {
  let app;
  let $io;
  let notes;
  let client;
  let other;

  const titles = (messages) => messages.map(({ event, data }) => [event, data.text ?? data.title]);
  const update = (note, text) =>
    app.strapi.documents(NOTE).update({ documentId: note.documentId, data: { text } });
  const subscribe = (who, uid, id) => who.ask('subscribe-entity', { uid, id });
  const unsubscribe = (who, uid, id) => who.ask('unsubscribe-entity', { uid, id });

  before(async () => {
    app = await boot({
      contentTypes: [NOTE, ARTICLE],
      entitySubscriptions: { maxSubscriptionsPerSocket: 3 },
    });
    ({ $io } = app.strapi);
    await app.grant('public', NOTE, 'find');
    await app.grant('public', ARTICLE, 'find');
    notes = [];
    for (const text of ['a', 'b', 'c', 'd']) {
      notes.push(await app.strapi.documents(NOTE).create({ data: { text } }));
    }
    await app.strapi.plugin('io').service('changes').idle();
    client = await connect(app.url);
    other = await connect(app.url);
  });

  after(async () => {
    client?.close();
    other?.close();
    await app?.close();
  });

  /** Leaves everything, so that each test starts alike. */
  const clean = async (...clients) => {
    for (const one of clients) {
      const { subscriptions } = await one.ask('get-entity-subscriptions');
      for (const { uid, id } of subscriptions) await unsubscribe(one, uid, id);
    }
    await app.flush(...clients);
    for (const one of clients) one.take();
  };

  it('that the database fails to answer are refused, and logged a few times', async () => {
    const fail = () => {
      throw new Error('the database is away');
    };
    const stop = app.strapi.db.lifecycles.subscribe({ models: [NOTE], beforeFindMany: fail });
    for (let i = 0; i < 30; i++) {
      const answer = await subscribe(client, NOTE, `unknown-${i}`);
      assert.deepEqual(answer, { success: false, error: 'Internal error' });
    }
    stop();
    const lines = app.log
      .splice(0)
      .filter(({ text }) => /entities of .* were not looked up/.test(text));
    assert.ok(lines.length > 0 && lines.length < 15, `${lines.length} lines`);
  });

  it('narrow the events of the type to the entity, and unsubscribing widens them again', async () => {
    const [a, b] = notes;
    assert.deepEqual(await subscribe(client, NOTE, a.documentId), {
      success: true,
      room: `${NOTE}:${a.documentId}`,
      uid: NOTE,
      id: a.documentId,
    });
    await update(a, 'a2');
    await update(b, 'b2');
    await app.flush(client, other);
    assert.deepEqual(titles(client.take()), [['note:update', 'a2']]);
    assert.deepEqual(titles(other.take()).sort(), [
      ['note:update', 'a2'],
      ['note:update', 'b2'],
    ]);

    assert.equal((await unsubscribe(client, NOTE, a.documentId)).success, true);
    await update(b, 'b3');
    await app.flush(client);
    assert.deepEqual(titles(client.take()), [['note:update', 'b3']]);
    await clean(client, other);
  });

  it('leave the events of other types alone', async () => {
    await subscribe(client, NOTE, notes[0].documentId);
    const article = await app.strapi
      .documents(ARTICLE)
      .create({ data: { title: 't' }, status: 'published' });
    await app.flush(client);
    assert.deepEqual(titles(client.take()), [['article:create', 't']]);
    await app.strapi.documents(ARTICLE).delete({ documentId: article.documentId });
    await clean(client, other);
  });

  it('row ids and documentIds address the same entity', async () => {
    const [a, b] = notes;
    const room = `${NOTE}:${a.id}`;
    assert.deepEqual(await subscribe(client, NOTE, a.id), {
      success: true,
      room,
      uid: NOTE,
      id: a.id,
    });
    await subscribe(other, NOTE, a.documentId);
    // A second time, by the other id: it is one subscription.
    assert.equal((await subscribe(client, NOTE, a.documentId)).room, room);
    assert.equal((await subscribe(client, NOTE, String(a.id))).room, room);
    const listed = await client.ask('get-entity-subscriptions');
    assert.deepEqual(listed, {
      success: true,
      subscriptions: [{ uid: NOTE, id: String(a.id), room }],
    });

    await update(a, 'a4');
    await update(b, 'b4');
    await app.flush(client, other);
    assert.deepEqual(titles(client.take()), [['note:update', 'a4']]);
    assert.deepEqual(titles(other.take()), [['note:update', 'a4']]);

    $io.emitToEntity(NOTE, a.id, 'note:commented', { text: 1 });
    $io.emitToEntity(NOTE, a.documentId, 'note:commented', { text: 2, password: 'x' });
    $io.emitToEntity(NOTE, b.id, 'note:commented', { text: 3 });
    await app.flush(client, other);
    const commented = [
      { event: 'note:commented', data: { text: 1 } },
      { event: 'note:commented', data: { text: 2 } },
    ];
    assert.deepEqual(client.take(), commented);
    assert.deepEqual(other.take(), commented);
    for (const id of [a.id, a.documentId]) {
      const sockets = await $io.getEntityRoomSockets(NOTE, id);
      assert.deepEqual(
        sockets.map((socket) => socket.id).sort(),
        [client.socket.id, other.socket.id].sort(),
      );
    }

    // Left by the other id than it was entered by.
    await unsubscribe(client, NOTE, a.documentId);
    await unsubscribe(other, NOTE, a.id);
    assert.deepEqual(await $io.getEntityRoomSockets(NOTE, a.id), []);
    await clean(client, other);
  });

  it('follow a document through publications, which give it new row ids', async () => {
    const documents = app.strapi.documents(ARTICLE);
    const { documentId } = await documents.create({ data: { title: '1' }, status: 'published' });
    const published = await documents.findOne({ documentId, status: 'published' });
    await app.flush(client);
    client.take();
    assert.equal((await subscribe(client, ARTICLE, published.id)).success, true);
    await documents.update({ documentId, data: { title: '2' }, status: 'published' });
    await app.flush(client);
    assert.deepEqual(titles(client.take()), [['article:update', '2']]);
    const again = await documents.findOne({ documentId, status: 'published' });
    assert.notEqual(again.id, published.id);
    assert.equal((await unsubscribe(client, ARTICLE, again.id)).success, true);
    assert.deepEqual((await client.ask('get-entity-subscriptions')).subscriptions, []);
    await subscribe(client, ARTICLE, documentId);
    await documents.delete({ documentId });
    await app.flush(client);
    assert.deepEqual(
      client.take().map(({ event, data }) => [event, data.documentId]),
      [['article:delete', documentId]],
    );
    await clean(client, other);
  });

  it('exist for readers only as the REST API would show them', async () => {
    const draft = await app.strapi.documents(ARTICLE).create({ data: { title: 'draft' } });
    for (const id of [draft.documentId, draft.id, 'nosuchdocument', 999_999, '4294967296']) {
      assert.deepEqual(await subscribe(client, ARTICLE, id), {
        success: false,
        error: 'Entity not found',
      });
    }
  });

  it('are refused without permission to read the type', async () => {
    const author = await app.strapi.documents(AUTHOR).create({ data: { name: 'n' } });
    const refused = {
      success: false,
      error: 'Permission denied: no access to this content type',
    };
    assert.deepEqual(await subscribe(client, AUTHOR, author.documentId), refused);
    assert.deepEqual(
      await $io.subscribeToEntity(client.socket.id, AUTHOR, author.documentId),
      refused,
    );
    assert.deepEqual(await subscribe(client, 'plugin::users-permissions.user', 1), refused);
    assert.deepEqual(await subscribe(client, 'admin::user', 1), refused);
  });

  it('refuse what makes no sense, and go on', async () => {
    const bad = [
      [undefined, /Invalid parameters/],
      [null, /Invalid parameters/],
      ['x', /Invalid parameters/],
      [[], /Invalid parameters/],
      [{}, /Content type not found/],
      [{ uid: 'api::nothing.nothing', id: 1 }, /Content type not found/],
      [{ uid: '__proto__', id: 1 }, /Content type not found/],
      [{ uid: { toString: 1 }, id: 1 }, /Content type not found/],
      [{ uid: 'shared.component', id: 1 }, /Content type not found/],
      [{ uid: NOTE }, /Invalid entity id/],
      [{ uid: NOTE, id: null }, /Invalid entity id/],
      [{ uid: NOTE, id: '' }, /Invalid entity id/],
      [{ uid: NOTE, id: 1.5 }, /Invalid entity id/],
      [{ uid: NOTE, id: { $ne: null } }, /Invalid entity id/],
      [{ uid: NOTE, id: ['1'] }, /Invalid entity id/],
      [{ uid: NOTE, id: 'a b' }, /Invalid entity id/],
      [{ uid: NOTE, id: 'x\0' }, /Invalid entity id/],
      [{ uid: NOTE, id: 'x'.repeat(256) }, /Invalid entity id/],
    ];
    for (const [payload, expected] of bad) {
      for (const event of ['subscribe-entity', 'unsubscribe-entity']) {
        const { success, error } = await client.ask(event, payload);
        assert.equal(success, false, JSON.stringify(payload));
        assert.match(error, expected);
      }
      client.socket.emit('subscribe-entity', payload);
    }
    client.socket.emit('get-entity-subscriptions');
    client.socket.emit('subscribe-entity');
    const { subscriptions } = await client.ask('get-entity-subscriptions');
    assert.deepEqual(subscriptions, []);
    assert.deepEqual(
      app.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('are limited per socket, also when asked for at once', async () => {
    const answers = await Promise.all(
      notes.map(({ documentId }) => subscribe(client, NOTE, documentId)),
    );
    assert.deepEqual(
      answers.map(({ success }) => success),
      [true, true, true, false],
    );
    assert.equal(answers[3].error, 'Maximum subscriptions (3) reached');
    const direct = await Promise.all(
      notes.map(({ id }) => $io.subscribeToEntity(other.socket.id, NOTE, id)),
    );
    assert.equal(direct.filter(({ success }) => success).length, 3);

    const { entitySubscriptions } = $io.getMetrics();
    assert.equal(entitySubscriptions.total, 6);
    assert.deepEqual(entitySubscriptions.byContentType, { [NOTE]: 6 });
    assert.ok(entitySubscriptions.rooms.includes(`${NOTE}:${notes[0].documentId}`));
    await unsubscribe(client, NOTE, notes[0].documentId);
    assert.equal((await subscribe(client, NOTE, notes[3].documentId)).success, true);
    await clean(client, other);
    assert.equal($io.getMetrics().entitySubscriptions.total, 0);
  });

  it('the helpers do the same from the server', async () => {
    const { id: socketId } = client.socket;
    const [{ id }] = notes;
    const room = `${NOTE}:${id}`;
    const notFound = { success: false, error: 'Socket not found' };
    const done = { success: true, room, uid: NOTE, id };
    assert.deepEqual(await $io.subscribeToEntity(socketId, NOTE, id), done);
    assert.deepEqual($io.getEntitySubscriptions(socketId), {
      success: true,
      subscriptions: [{ uid: NOTE, id: String(id), room }],
    });
    assert.deepEqual(await $io.getEntityRoomSockets(NOTE, id), [{ id: socketId, user: null }]);
    assert.deepEqual($io.unsubscribeFromEntity(socketId, NOTE, id), done);
    assert.deepEqual($io.getEntitySubscriptions(socketId), { success: true, subscriptions: [] });
    assert.deepEqual(await $io.subscribeToEntity('nobody', NOTE, id), notFound);
    assert.deepEqual($io.unsubscribeFromEntity('nobody', NOTE, id), notFound);
    assert.deepEqual($io.getEntitySubscriptions('nobody'), notFound);
    assert.throws(() => $io.emitToEntity('nothing', 1, 'x'), /uid "nothing" is not a content type/);
    assert.throws(() => $io.emitToEntity(NOTE, {}, 'x'), /is not a number or a documentId/);
    await assert.rejects(() => $io.getEntityRoomSockets('nothing', 1), /is not a content type/);
  });

  it('end with the permission to read, and with the socket', async () => {
    const { jwt, user } = await app.addUser('reader');
    await app.grant('authenticated', NOTE, 'findOne');
    const reader = await connect(app.url, { auth: { token: jwt } });
    await subscribe(reader, NOTE, notes[0].documentId);
    await update(notes[0], 'a5');
    await app.flush(reader);
    assert.deepEqual(titles(reader.take()), [['note:update', 'a5']]);

    // Another role that may read: the subscription goes along.
    const { id: publicRole } = await app.role('public');
    const users = app.strapi.db.query('plugin::users-permissions.user');
    await users.update({ where: { id: user.id }, data: { role: publicRole } });
    await update(notes[0], 'a6');
    await update(notes[1], 'b6');
    await app.flush(reader);
    assert.deepEqual(titles(reader.take()), [['note:update', 'a6']]);

    // And back to one that may not any more.
    const { id: authenticated } = await app.role('authenticated');
    await app.strapi.db
      .query('plugin::users-permissions.permission')
      .deleteMany({ where: { action: `${NOTE}.findOne`, role: authenticated } });
    await users.update({ where: { id: user.id }, data: { role: authenticated } });
    await app.strapi.plugin('io').service('live-access').settled();
    await update(notes[0], 'a7');
    $io.emitToEntity(NOTE, notes[0].documentId, 'secret', {});
    await app.flush(reader);
    assert.deepEqual(reader.take(), []);
    assert.deepEqual((await reader.ask('get-entity-subscriptions')).subscriptions, []);
    reader.close();
    await reader.disconnected();
    await clean(client, other);
    assert.deepEqual(await $io.getEntityRoomSockets(NOTE, notes[0].id), []);
  });
});

describe('settings of entity subscriptions', { timeout: 150_000 }, () => {
  it('allowedContentTypes, requireVerification, enableMetrics and enabled are obeyed', async (t) => {
    const entitySubscriptions = {
      allowedContentTypes: [NOTE],
      requireVerification: false,
      enableMetrics: false,
    };
    const app = await boot({ contentTypes: [NOTE], entitySubscriptions });
    t.after(() => app.close());
    const { $io } = app.strapi;
    await app.grant('public', NOTE, 'find');
    await app.grant('public', AUTHOR, 'find');
    const client = await connect(app.url);
    t.after(() => client.close());
    assert.deepEqual(await client.ask('subscribe-entity', { uid: AUTHOR, id: 1 }), {
      success: false,
      error: 'Content type not allowed for entity subscriptions',
    });

    // Nothing is there yet; what comes with that id is what was asked for.
    assert.equal((await client.ask('subscribe-entity', { uid: NOTE, id: 2 })).success, true);
    const documents = app.strapi.documents(NOTE);
    await documents.create({ data: { text: 'one' } });
    await documents.create({ data: { text: 'two' } });
    await app.flush(client);
    assert.deepEqual(
      client.take().map(({ data }) => [data.id, data.text]),
      [[2, 'two']],
    );
    assert.deepEqual($io.getMetrics().entitySubscriptions, {
      total: 0,
      byContentType: {},
      rooms: [],
    });

    const disabled = { success: false, error: 'Entity subscriptions are disabled' };
    const settings = app.strapi.plugin('io').service('settings');
    await settings.update({ entitySubscriptions: { enabled: false } });
    assert.deepEqual(await client.ask('subscribe-entity', { uid: NOTE, id: 1 }), disabled);
    assert.deepEqual(await $io.subscribeToEntity(client.socket.id, NOTE, 1), disabled);
  });
});
