// Monitoring as admins see it happen, over their connection to the panel.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';
const NOT_ALLOWED = { success: false, error: 'You may not read the monitoring' };

describe('live monitoring', { timeout: 120_000 }, () => {
  let app;
  let admins;
  let settings;
  let monitoring;
  let readers;
  const clients = [];
  const keep = (client) => (clients.push(client), client);
  const enter = async (name) => keep(await admins.enter(name));
  const stats = (client) => client.next('monitoring:stats');

  before(async () => {
    app = await boot({ contentTypes: [NOTE] });
    admins = adminActions(app);
    readers = await admins.addRole('Watchers', [{ action: 'plugin::io.monitoring.read' }]);
    const editors = await admins.addRole('Editors', []);
    await admins.addAdmin('chief');
    await admins.addAdmin('reader', readers);
    await admins.addAdmin('other', readers);
    await admins.addAdmin('editor', editors);
    await app.grant('public', NOTE, 'find');
    settings = app.strapi.plugin('io').service('settings');
    monitoring = app.strapi.plugin('io').service('monitoring');
  });

  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('tells how things stand, each second, and what is logged, once', async () => {
    monitoring.resetStats();
    monitoring.logEvent('before', { number: 1 });
    const reader = await enter('reader');
    const watched = await reader.ask('monitoring:watch');
    assert.equal(watched.success, true);
    assert.equal(watched.stats.connections.connected, 0);
    assert.deepEqual(Object.keys(watched.stats), [
      'connections',
      'events',
      'averagePerSecond',
      'traffic',
      'history',
      'redis',
      'timestamp',
    ]);
    assert.deepEqual(
      watched.log.map(({ type }) => type),
      ['before', 'connect'],
    );

    const guest = keep(await connect(app.url));
    const told = reader.next('monitoring:log');
    await app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { documentId: 'a' } });
    const { entries, dropped } = await told;
    assert.deepEqual([entries.map(({ type }) => type), dropped], [['connect', 'update'], 0]);

    const [first, second] = [await stats(reader), await stats(reader)];
    const between = second.timestamp - first.timestamp;
    assert.ok(between > 500 && between < 5000, `${between} ms between two`);
    assert.equal(second.connections.connected, 1);
    assert.equal(second.events.totalEvents, 4);
    assert.equal(second.events.eventsByType.update, 1);
    assert.ok(second.averagePerSecond > 0);

    // Whoever comes later gets what was logged up to then as the log, and nothing of it again.
    monitoring.logEvent('between');
    const heard = reader.next('monitoring:log');
    const other = await enter('other');
    const { log } = await other.ask('monitoring:watch');
    assert.ok(log.some(({ type }) => type === 'between'));
    await heard;
    monitoring.logEvent('after');
    const both = [reader, other].map((client) => client.next('monitoring:log'));
    const [one, two] = await Promise.all(both);
    assert.deepEqual(one, two);
    assert.deepEqual(
      two.entries.map(({ type }) => type),
      ['after'],
    );
    const [here, there] = await Promise.all([stats(reader), stats(other)]);
    assert.deepEqual(here, there, 'made once for all');

    assert.deepEqual(await other.ask('monitoring:unwatch'), { success: true });
    other.take();
    await stats(reader);
    await stats(reader);
    assert.deepEqual(other.take(), []);
    guest.close();
  });

  it('tells no more than a hundred entries at once, and how many there were besides', async () => {
    await settings.update({ monitoring: { maxEventLogSize: 1000 } });
    const reader = await enter('reader');
    await reader.ask('monitoring:watch');
    const told = reader.next('monitoring:log');
    for (let number = 1; number <= 250; number += 1) monitoring.logEvent('many', { number });
    const { entries, dropped } = await told;
    assert.equal(entries.length, 100);
    assert.equal(dropped, 150);
    assert.equal(entries.at(-1).data.number, 250);
    await settings.update({ monitoring: { maxEventLogSize: 200 } });
  });

  it('is for admins who may read it', async () => {
    const [editor, guest] = [await enter('editor'), keep(await connect(app.url))];
    for (const event of ['watch', 'unwatch', 'sockets', 'rooms', 'subscriptions']) {
      const request = { page: 1, pageSize: 10 };
      assert.deepEqual(await editor.ask(`monitoring:${event}`, request), NOT_ALLOWED);
      const { success, error } = await guest.ask(`monitoring:${event}`, request);
      assert.equal(success, false);
      assert.match(error, /for admins/);
    }
    const chief = await enter('chief');
    await chief.ask('monitoring:watch');
    await stats(chief);
    await stats(chief);
    assert.deepEqual([...editor.names(), ...guest.names()], []);
  });

  it('ends with the permission, and with the session', async () => {
    const [reader, chief] = [await enter('reader'), await enter('chief')];
    for (const client of [reader, chief]) await client.ask('monitoring:watch');
    const setPermissions = (actions) =>
      admins.request('PUT', `/admin/roles/${readers.id}/permissions`, {
        token: chief.access,
        data: {
          permissions: actions.map((action) => ({
            action,
            subject: null,
            properties: {},
            conditions: [],
          })),
        },
      });
    const ended = reader.next('monitoring:ended');
    assert.equal((await setPermissions([])).status, 200);
    assert.deepEqual(await ended, { error: NOT_ALLOWED.error });
    reader.take();
    await stats(chief);
    await stats(chief);
    assert.deepEqual(reader.take(), []);
    assert.deepEqual(await reader.ask('monitoring:watch'), NOT_ALLOWED);
    await setPermissions(['plugin::io.monitoring.read']);
    assert.equal((await reader.ask('monitoring:watch')).success, true);
    await admins.request('POST', '/admin/logout', { token: reader.access });
    assert.equal(await reader.disconnected(), 'io server disconnect');
  });

  it('goes on while presence is switched off', async () => {
    const reader = await enter('reader');
    await reader.ask('monitoring:watch');
    await settings.update({ presence: { enabled: false } });
    await stats(reader);
    const late = await enter('reader');
    assert.equal((await late.ask('monitoring:watch')).success, true);
    await settings.update({ presence: { enabled: true } });
  });

  it('lists sockets by page, and finds them by id, address, user, admin and room', async () => {
    clients.splice(0).forEach((client) => client.close());
    const { user, jwt } = await app.addUser('Johanna');
    const reader = await enter('reader');
    const johanna = keep(await connect(app.url, { auth: { token: jwt } }));
    const guest = keep(
      await connect(app.url, { transports: ['websocket'], query: { page: 'home' } }),
    );
    const poller = keep(await connect(app.url, { transports: ['polling'] }));
    await guest.ask('join-room', 'The Lobby:7'.replaceAll(' ', '-'));
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    await guest.ask('subscribe-entity', { uid: NOTE, id: documentId });
    const list = (request) =>
      reader.ask('monitoring:sockets', { page: 1, pageSize: 10, ...request });
    const ids = ({ sockets }) => sockets.map(({ id }) => id);

    const all = await list();
    const everybody = [reader, johanna, guest, poller].map(({ socket }) => socket.id);
    assert.deepEqual(ids(all), everybody);
    assert.deepEqual(all.pagination, { page: 1, pageSize: 10, pageCount: 1, total: 4 });
    const [admin, named, known, polling] = all.sockets;
    assert.deepEqual(
      [admin.admin.firstname, admin.user, admin.node, named.admin],
      ['reader', null, null, null],
    );
    assert.deepEqual(named.user, { id: user.id, username: 'Johanna' });
    assert.deepEqual([known.transport, polling.transport], ['websocket', 'polling']);
    assert.ok(Math.abs(Date.now() - known.connectedAt) < 60_000);
    assert.deepEqual(known.handshake.query, { page: 'home' });
    assert.ok(known.rooms.includes('The-Lobby:7') && known.rooms.includes('Public'));
    assert.deepEqual(known.entitySubscriptions, [
      { uid: NOTE, id: documentId, room: `${NOTE}:${documentId}` },
    ]);

    const second = await list({ page: 2, pageSize: 3 });
    assert.deepEqual(ids(second), [poller.socket.id]);
    assert.deepEqual(second.pagination, { page: 2, pageSize: 3, pageCount: 2, total: 4 });
    assert.deepEqual((await list({ page: 3, pageSize: 3 })).sockets, []);

    const found = async (search) => ids(await list({ search }));
    assert.deepEqual(await found(guest.socket.id), [guest.socket.id]);
    assert.deepEqual(await found('johan'), [johanna.socket.id]);
    assert.deepEqual(await found('READER admin'), [reader.socket.id]);
    assert.deepEqual(await found('the-lobby'), [guest.socket.id]);
    assert.deepEqual(await found('127.0.0'), everybody);
    assert.deepEqual(await found('io:'), [], 'rooms of the plugin are its own');

    const { rooms, pagination } = await reader.ask('monitoring:rooms', { page: 1, pageSize: 2 });
    assert.deepEqual(rooms[0], { name: 'Public', members: 2, isEntityRoom: false });
    assert.deepEqual(pagination, { page: 1, pageSize: 2, pageCount: 2, total: 4 });
    const lobby = await reader.ask('monitoring:rooms', { search: 'LOBBY', page: 1, pageSize: 2 });
    assert.deepEqual(lobby.rooms, [{ name: 'The-Lobby:7', members: 1, isEntityRoom: false }]);
    assert.deepEqual(await reader.ask('monitoring:subscriptions'), {
      success: true,
      total: 1,
      byContentType: { [NOTE]: 1 },
    });
    guest.close();
    await guest.disconnected();
    await reader.ask('monitoring:watch');
    const { connections } = await stats(reader);
    assert.equal(connections.entitySubscriptions, 0);
  });

  it('answers malformed requests with what is wrong', async () => {
    const reader = await enter('reader');
    const wrong = [
      [undefined, /Expected an object/],
      [null, /Expected an object/],
      ['x', /Expected an object/],
      [[], /Expected an object/],
      [{}, /^page must be a whole number from 1 to/],
      [{ page: 0, pageSize: 1 }, /^page must/],
      [{ page: 1.5, pageSize: 1 }, /^page must/],
      [{ page: '1', pageSize: 1 }, /^page must/],
      [{ page: 1e9, pageSize: 1 }, /^page must/],
      [{ page: 1, pageSize: 101 }, /^pageSize must be a whole number from 1 to 100$/],
      [{ page: 1, pageSize: 1, search: 5 }, /^search must be text/],
      [{ page: 1, pageSize: 1, search: 'x'.repeat(201) }, /^search must be text/],
    ];
    for (const [request, message] of wrong) {
      for (const event of ['monitoring:sockets', 'monitoring:rooms']) {
        const { success, error } = await reader.ask(event, request);
        assert.equal(success, false, JSON.stringify(request));
        assert.match(error, message);
      }
    }
    // Without an acknowledgement, and with more than is asked for.
    reader.socket.emit('monitoring:sockets');
    reader.socket.emit('monitoring:watch', { all: true }, 1);
    await stats(reader);
    assert.deepEqual(
      app.log.filter(({ level }) => level === 'error'),
      [],
    );
  });
});
