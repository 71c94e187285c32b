import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';

/** Resolves once everything sent so far has arrived, and returns what came. */
async function seen(app, client) {
  await app.flush(client);
  return client.take();
}

describe('helpers of strapi.$io', { timeout: 120_000 }, () => {
  let app;
  let $io;
  let john;
  let guest;

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      namespaces: { enabled: true, list: { admin: { requireAuth: true }, open: {} } },
    });
    ({ $io } = app.strapi);
    await app.grant('authenticated', NOTE, 'find');
    const { jwt } = await app.addUser('john');
    john = await connect(app.url, { auth: { token: jwt } });
    guest = await connect(app.url);
    app.jwt = jwt;
  });

  after(async () => {
    john?.close();
    guest?.close();
    await app?.close();
  });

  it('joinRoom and leaveRoom tell whether the socket was found', async () => {
    assert.equal($io.joinRoom(john.socket.id, 'premium-users'), true);
    const sockets = await $io.getSocketsInRoom('premium-users');
    assert.deepEqual(
      sockets.map(({ id, user }) => [id, user.username]),
      [[john.socket.id, 'john']],
    );
    assert.equal($io.leaveRoom(john.socket.id, 'premium-users'), true);
    assert.deepEqual(await $io.getSocketsInRoom('premium-users'), []);
    for (const id of ['nobody', '', undefined, null, 7, {}]) {
      assert.equal($io.joinRoom(id, 'premium-users'), false);
      assert.equal($io.leaveRoom(id, 'premium-users'), false);
    }
    for (const room of ['', undefined, 7]) assert.equal($io.joinRoom(guest.socket.id, room), false);
  });

  it('joinRoom opens no room that stands for somebody', async () => {
    const reserved = [
      'Authenticated',
      john.socket.id,
      `${NOTE}:1`,
      `io:watching:${NOTE}`,
      app.strapi.plugin('io').service('principals').roomFor('role', 1),
    ];
    for (const room of reserved) {
      assert.equal($io.joinRoom(guest.socket.id, room), false, room);
      const members = await $io.getSocketsInRoom(room);
      assert.equal(
        members.some(({ id }) => id === guest.socket.id),
        false,
        room,
      );
    }
    assert.equal($io.leaveRoom(john.socket.id, 'Authenticated'), false);
  });

  it('getSocketsInRoom answers for guests and for rooms nobody is in', async () => {
    $io.joinRoom(guest.socket.id, 'lobby');
    assert.deepEqual(await $io.getSocketsInRoom('lobby'), [{ id: guest.socket.id, user: null }]);
    assert.deepEqual(await $io.getSocketsInRoom('nowhere'), []);
    assert.deepEqual(await $io.getSocketsInRoom(undefined), []);
  });

  it('sendPrivateMessage reaches one socket, without sensitive fields', async () => {
    await seen(app, john);
    await seen(app, guest);
    const data = { orderId: 123, password: 'x', nested: { apiKey: 'y', ok: true } };
    assert.equal($io.sendPrivateMessage(john.socket.id, 'order:shipped', data), undefined);
    $io.sendPrivateMessage('nobody', 'order:shipped', data);
    $io.sendPrivateMessage('Authenticated', 'order:shipped', data);
    assert.deepEqual(await seen(app, john), [
      { event: 'order:shipped', data: { orderId: 123, nested: { ok: true } } },
    ]);
    assert.deepEqual(await seen(app, guest), []);
    assert.throws(
      () => $io.sendPrivateMessage(john.socket.id, '', {}),
      /plugin io: sendPrivateMessage: event "" is not a name/,
    );
  });

  it('broadcast reaches everybody but the socket', async () => {
    $io.broadcast(john.socket.id, 'user:typing', { username: 'john', token: 'x' });
    $io.broadcast('nobody', 'user:typing', {});
    assert.deepEqual(await seen(app, john), []);
    assert.deepEqual(await seen(app, guest), [
      { event: 'user:typing', data: { username: 'john' } },
    ]);
  });

  it('data may hold bytes, or be left out', async () => {
    $io.sendPrivateMessage(guest.socket.id, 'bytes', { blob: Buffer.from('abc'), secret: 1 });
    $io.sendPrivateMessage(guest.socket.id, 'nothing');
    const [bytes, nothing] = await seen(app, guest);
    assert.deepEqual(Object.keys(bytes.data), ['blob']);
    assert.equal(Buffer.from(bytes.data.blob).toString(), 'abc');
    assert.deepEqual(nothing, { event: 'nothing', data: undefined });
  });

  it('namespaces: the settings open them, requireAuth closes them to guests', async () => {
    assert.deepEqual(Object.keys($io.namespaces).sort(), ['admin', 'main', 'open']);
    assert.equal($io.namespaces.admin.name, '/admin');
    const error = await refused(`${app.url}/admin`);
    assert.equal(error.message, 'Authentication required');
    assert.equal(error.data.code, 'AUTHENTICATION_REQUIRED');
    assert.equal(
      (await refused(`${app.url}/admin`, { auth: { token: 'forged' } })).data.code,
      'INVALID_TOKEN',
    );
    assert.equal((await refused(`${app.url}/unknown`)).message, 'Invalid namespace');

    const admin = await connect(`${app.url}/admin`, { auth: { token: app.jwt } });
    const open = await connect(`${app.url}/open`);
    const alert = admin.next('alert');
    $io.emitToNamespace('admin', 'alert', { message: 'New user', password: 'x' });
    assert.deepEqual(await alert, { message: 'New user' });
    const last = open.next('alert');
    $io.emitToNamespace('/open', 'alert', { message: 'second' });
    assert.deepEqual(await last, { message: 'second' });
    assert.equal(open.received.length, 1);
    for (const name of [undefined, 7, '__proto__']) $io.emitToNamespace(name, 'alert', {});
    $io.emitToNamespace('missing', 'alert', {});
    assert.match(app.log.at(-1).text, /there is no namespace "missing"/);
    assert.equal((await refused(`${app.url}/missing`)).message, 'Invalid namespace');

    // The rooms of a namespace are guarded as those of the main one.
    assert.equal((await open.ask('join-room', 'Authenticated')).success, false);
    assert.deepEqual(await open.ask('join-room', 'lobby'), { success: true, room: 'lobby' });
    admin.close();
    open.close();
  });

  it('disconnectSocket tells the client why, and the monitoring too', async () => {
    const client = await connect(app.url);
    const { id } = client.socket;
    const told = client.next('io:disconnected');
    assert.equal($io.disconnectSocket(id, 'Kicked by admin'), true);
    assert.deepEqual(await told, { reason: 'Kicked by admin' });
    assert.equal(await client.disconnected(), 'io server disconnect');
    assert.equal($io.disconnectSocket(id, 'again'), false);
    const log = app.strapi.plugin('io').service('monitoring').getEventLog(20);
    const entry = log.find(({ type }) => type === 'forced-disconnect');
    assert.deepEqual(entry.data, { socketId: id, reason: 'Kicked by admin', user: null });
  });

  it('getMetrics, $ioSettings and invalidateCache', async () => {
    const metrics = $io.getMetrics();
    assert.equal(metrics.connections, 2);
    assert.deepEqual(metrics.namespaces, { main: 2, admin: 0, open: 0 });
    assert.deepEqual(metrics.entitySubscriptions, { total: 0, byContentType: {}, rooms: [] });

    assert.equal(app.strapi.$ioSettings.namespaces.list.admin.requireAuth, true);
    assert.throws(() => {
      'use strict';
      app.strapi.$ioSettings.namespaces.enabled = false;
    }, TypeError);

    // Behind the back of the lifecycles, as another node would do it.
    const principals = app.strapi.plugin('io').service('principals');
    const before = await principals.list();
    assert.equal(await principals.list(), before);
    $io.invalidateCache();
    assert.notEqual(await principals.list(), before);
  });

  it('all twelve are there', () => {
    const names = [
      ...['joinRoom', 'leaveRoom', 'getSocketsInRoom', 'sendPrivateMessage', 'broadcast'],
      ...['emitToNamespace', 'disconnectSocket', 'subscribeToEntity', 'unsubscribeFromEntity'],
      ...['getEntitySubscriptions', 'emitToEntity', 'getEntityRoomSockets'],
    ];
    assert.equal(names.length, 12);
    for (const name of names) assert.equal(typeof $io[name], 'function', name);
  });
});
