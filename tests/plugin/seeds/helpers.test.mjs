// README, "Helper Functions": the twelve of them, as they are called there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, inConfig } from './support/app.mjs';

const ARTICLE = 'api::article.article';

describe('documentation: helper functions', { timeout: 300_000 }, () => {
  let app;
  let strapi;
  let socketId;
  let client;
  let other;

  before(async () => {
    const namespaces = 'namespaces: { enabled: true, list: { admin: { requireAuth: true } } }';
    app = await bootDocumented(inConfig(`contentTypes: ['${ARTICLE}'], ${namespaces}`));
    ({ strapi } = app);
    await app.grant('authenticated', ARTICLE, 'find');
    const { jwt } = await app.addUser('john');
    client = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
    other = await connect(app.url);
    socketId = client.socket.id;
    // The article that the examples call 123.
    const row = { id: 123, documentId: 'one-two-three', title: 'a', publishedAt: new Date() };
    await strapi.db.query(ARTICLE).create({ data: row });
    await app.flush(client, other);
    client.take();
  });

  after(async () => {
    client?.close();
    other?.close();
    await app?.close();
  });

  it('joinRoom, getSocketsInRoom, leaveRoom', async () => {
    assert.equal(strapi.$io.joinRoom(socketId, 'premium-users'), true);
    assert.equal(strapi.$io.joinRoom('unknown', 'premium-users'), false);
    const sockets = await strapi.$io.getSocketsInRoom('premium-users');
    assert.deepEqual(
      sockets.map(({ id, user }) => [id, user.username]),
      [[socketId, 'john']],
    );
    assert.equal(strapi.$io.leaveRoom(socketId, 'premium-users'), true);
    assert.equal(strapi.$io.leaveRoom('unknown', 'premium-users'), false);
    assert.deepEqual(await strapi.$io.getSocketsInRoom('premium-users'), []);
  });

  it('sendPrivateMessage: one socket', async () => {
    const shipped = client.next('order:shipped');
    strapi.$io.sendPrivateMessage(socketId, 'order:shipped', {
      orderId: 123,
      trackingNumber: 'ABC123',
    });
    assert.deepEqual(await shipped, { orderId: 123, trackingNumber: 'ABC123' });
    await app.flush(other);
    assert.deepEqual(other.take(), []);
  });

  it('broadcast: all other clients', async () => {
    client.take();
    const typing = other.next('user:typing');
    strapi.$io.broadcast(socketId, 'user:typing', { username: 'john', channel: 'general' });
    assert.deepEqual(await typing, { username: 'john', channel: 'general' });
    await app.flush(client);
    assert.deepEqual(client.take(), []);
  });

  it('emitToNamespace: all clients of a namespace, which lets in only who says who they are', async () => {
    const { jwt } = await app.addUser('clerk');
    const admin = await connect(`${app.url}/admin`, { auth: { strategy: 'jwt', token: jwt } });
    await assert.rejects(connect(`${app.url}/admin`), /Authentication required/);
    const alert = admin.next('alert');
    strapi.$io.emitToNamespace('admin', 'alert', { message: 'New user registered', level: 'info' });
    assert.deepEqual(await alert, { message: 'New user registered', level: 'info' });
    admin.close();
  });

  it('subscribeToEntity, getEntitySubscriptions, emitToEntity, getEntityRoomSockets, unsubscribeFromEntity', async () => {
    const uid = 'api::article.article';
    const room = 'api::article.article:123';
    assert.deepEqual(await strapi.$io.subscribeToEntity(socketId, 'api::article.article', 123), {
      success: true,
      room,
      uid,
      id: 123,
    });
    assert.deepEqual(await strapi.$io.subscribeToEntity('unknown', 'api::article.article', 123), {
      success: false,
      error: 'Socket not found',
    });
    assert.deepEqual(strapi.$io.getEntitySubscriptions(socketId), {
      success: true,
      subscriptions: [{ uid: 'api::article.article', id: '123', room }],
    });
    const commented = client.next('article:commented');
    strapi.$io.emitToEntity('api::article.article', 123, 'article:commented', {
      commentId: 456,
      author: 'jane',
    });
    assert.deepEqual(await commented, { commentId: 456, author: 'jane' });
    const sockets = await strapi.$io.getEntityRoomSockets('api::article.article', 123);
    assert.deepEqual(
      sockets.map(({ id, user }) => [id, user.username]),
      [[socketId, 'john']],
    );
    assert.deepEqual(strapi.$io.unsubscribeFromEntity(socketId, 'api::article.article', 123), {
      success: true,
      room,
      uid,
      id: 123,
    });
    assert.deepEqual(await strapi.$io.getEntityRoomSockets('api::article.article', 123), []);
  });

  it('disconnectSocket', async () => {
    const victim = await connect(app.url);
    const told = victim.next('io:disconnected');
    assert.equal(strapi.$io.disconnectSocket(victim.socket.id, 'Session expired'), true);
    assert.deepEqual(await told, { reason: 'Session expired' });
    assert.equal(await victim.disconnected(), 'io server disconnect');
    assert.equal(strapi.$io.disconnectSocket('unknown', 'Session expired'), false);
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
