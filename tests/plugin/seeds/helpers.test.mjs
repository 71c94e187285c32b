// The examples of the documentation, as they are written there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from '../support/app.mjs';
import { connect } from '../support/client.mjs';

const ARTICLE = 'api::article.article';

describe('documentation: helper functions', { timeout: 120_000 }, () => {
  let app;
  let strapi;
  let socketId;
  let client;
  let other;
  /** The published row of the article that the examples call 123. */
  let row;

  before(async () => {
    app = await boot({
      contentTypes: [ARTICLE],
      namespaces: { enabled: true, list: { admin: { requireAuth: false } } },
    });
    ({ strapi } = app);
    await app.grant('authenticated', ARTICLE, 'find');
    const { jwt } = await app.addUser('john');
    client = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
    other = await connect(app.url);
    socketId = client.socket.id;
    row = await strapi.documents(ARTICLE).create({ data: { title: 'a' }, status: 'published' });
    await app.flush(client, other);
    client.take();
  });

  after(async () => {
    client?.close();
    other?.close();
    await app?.close();
  });

  it('server-side usage: raw, sendPrivateMessage, a room of the server, emitToNamespace', async () => {
    const data = { message: 'Server maintenance in 5 minutes', type: 'warning' };
    const notification = other.next('notification');
    strapi.$io.raw({ event: 'notification', data });
    assert.deepEqual(await notification, data);

    const updated = client.next('order:updated');
    strapi.$io.sendPrivateMessage(socketId, 'order:updated', { orderId: 123, status: 'shipped' });
    assert.deepEqual(await updated, { orderId: 123, status: 'shipped' });

    strapi.$io.joinRoom(socketId, 'admin-room');
    const dashboard = client.next('dashboard:update');
    strapi.$io.server
      .to('admin-room')
      .emit('dashboard:update', { activeUsers: 42, revenue: 15000 });
    assert.deepEqual(await dashboard, { activeUsers: 42, revenue: 15000 });

    const admin = await connect(`${app.url}/admin`);
    const alert = admin.next('alert');
    strapi.$io.emitToNamespace('admin', 'alert', { message: 'New user registered', level: 'info' });
    assert.deepEqual(await alert, { message: 'New user registered', level: 'info' });
    admin.close();
  });

  it('room management', async () => {
    assert.equal(strapi.$io.joinRoom(socketId, 'premium-users'), true);
    const sockets = await strapi.$io.getSocketsInRoom('premium-users');
    assert.equal(sockets.length, 1);
    assert.equal(sockets[0].id, socketId);
    assert.equal(sockets[0].user.username, 'john');

    const offer = client.next('exclusive-offer');
    strapi.$io.server
      .to('premium-users')
      .emit('exclusive-offer', { discount: 20, expiresIn: '24h' });
    assert.deepEqual(await offer, { discount: 20, expiresIn: '24h' });
    assert.equal(strapi.$io.leaveRoom(socketId, 'premium-users'), true);
    assert.equal(strapi.$io.leaveRoom('unknown', 'premium-users'), false);
  });

  it('messaging: broadcast', async () => {
    const typing = other.next('user:typing');
    strapi.$io.broadcast(socketId, 'user:typing', { username: 'john', channel: 'general' });
    assert.deepEqual(await typing, { username: 'john', channel: 'general' });
  });

  it('entity subscriptions from the server', async () => {
    const { id } = row;
    const room = `api::article.article:${id}`;
    const uid = 'api::article.article';
    const result = await strapi.$io.subscribeToEntity(socketId, uid, id);
    assert.deepEqual(result, { success: true, room, uid, id });
    assert.deepEqual(strapi.$io.getEntitySubscriptions(socketId), {
      success: true,
      subscriptions: [{ uid, id: String(id), room }],
    });

    const commented = client.next('article:commented');
    strapi.$io.emitToEntity(uid, id, 'article:commented', { commentId: 456, author: 'jane' });
    assert.deepEqual(await commented, { commentId: 456, author: 'jane' });

    const sockets = await strapi.$io.getEntityRoomSockets(uid, id);
    assert.equal(sockets.length, 1);
    assert.equal(sockets[0].user.username, 'john');

    assert.deepEqual(strapi.$io.unsubscribeFromEntity(socketId, uid, id), {
      success: true,
      room,
      uid,
      id,
    });
    assert.deepEqual(await strapi.$io.subscribeToEntity('unknown', uid, id), {
      success: false,
      error: 'Socket not found',
    });
  });

  it('entity subscriptions from the client', async () => {
    const { socket } = client;
    const uid = 'api::article.article';
    const response = await new Promise((resolve) => {
      socket.emit('subscribe-entity', { uid, id: row.id }, resolve);
    });
    assert.equal(response.success, true);

    const articles = strapi.documents(ARTICLE);
    const updated = client.next('article:update');
    const status = 'published';
    await articles.create({ data: { title: 'another' }, status });
    await articles.update({ documentId: row.documentId, data: { title: 'b' }, status });
    assert.equal((await updated).title, 'b');

    // Without an acknowledgement, as in the example.
    socket.emit('unsubscribe-entity', { uid, id: row.id });
    const created = client.next('article:create');
    await client.ask('get-entity-subscriptions');
    await articles.create({ data: { title: 'third' }, status });
    assert.equal((await created).title, 'third');
  });

  it('connection management: disconnectSocket', async () => {
    const victim = await connect(app.url);
    const told = victim.next('io:disconnected');
    assert.equal(strapi.$io.disconnectSocket(victim.socket.id, 'Session expired'), true);
    assert.deepEqual(await told, { reason: 'Session expired' });
    assert.equal(await victim.disconnected(), 'io server disconnect');
    assert.equal(strapi.$io.disconnectSocket(victim.socket.id, 'Session expired'), false);
  });

  it('TypeScript usage: emit with a schema, then a helper on what another one found', async () => {
    const io = strapi.$io;
    const created = client.next('article:create');
    await io.emit({
      event: 'create',
      schema: strapi.contentTypes['api::article.article'],
      data: { title: 'New Article' },
    });
    assert.equal((await created).title, 'New Article');
    io.joinRoom(socketId, 'premium-users');
    const sockets = await io.getSocketsInRoom('premium-users');
    const welcome = client.next('welcome');
    io.sendPrivateMessage(sockets[0].id, 'welcome', { message: 'Hello!' });
    assert.deepEqual(await welcome, { message: 'Hello!' });
  });
});
