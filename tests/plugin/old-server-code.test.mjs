// Server code written for 5.0.x of the plugin runs with this one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { useVisitor } from './support/use-visitor.mjs';

const NOTE = 'api::note.note';

describe('server code for 5.0.x', { timeout: 120_000 }, () => {
  let app;
  let client;
  const io = () => app.strapi.plugin('io');

  useVisitor(
    (started) => ({ app, client } = started),
    { contentTypes: [NOTE] },
    { readable: [NOTE] },
  );

  it('emits nothing for data that are null or empty, with a warning', async () => {
    app.log.splice(0);
    for (const data of [null, undefined, '']) {
      await app.strapi.$io.emit({ event: 'update', schema: NOTE, data });
      await app.strapi.$io.emit({ event: 'update', schema: undefined, data });
    }
    await app.flush(client);
    assert.deepEqual(client.received, []);
    const warnings = app.log.filter(({ level }) => level === 'warn').map(({ text }) => text);
    assert.deepEqual(warnings, [
      ...Array(2).fill('plugin io: emit: "update" was not sent: data is null'),
      ...Array(2).fill('plugin io: emit: "update" was not sent: data is undefined'),
      ...Array(2).fill('plugin io: emit: "update" was not sent: data is ""'),
    ]);
  });

  it('sends raw events to everybody where rooms are not given', async () => {
    for (const rooms of [undefined, null]) await app.strapi.$io.raw({ event: 'a', data: 1, rooms });
    await app.flush(client);
    assert.deepEqual(client.names(), ['a', 'a']);
  });

  it('finds the metrics of 5.0.x among those of today', async (t) => {
    const before = app.strapi.$io.getMetrics();
    await app.strapi.$io.raw({ event: 'a' });
    await app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { id: 1, text: 'a' } });
    const sanitizers = app.strapi.sanitizers.get('content-api.output');
    sanitizers.push(() => () => {
      throw new Error('down');
    });
    t.after(() => sanitizers.pop());
    await app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { id: 1, text: 'a' } });
    const metrics = app.strapi.$io.getMetrics();
    assert.equal(metrics.totalEmits - before.totalEmits, 2);
    assert.equal(metrics.errors - before.errors, 1);
    assert.ok(metrics.cachedLookups > before.cachedLookups);
    // The two roles and the two tokens that Strapi makes; a read-only or full-access token has no ability.
    assert.deepEqual(metrics.cacheSize, { rooms: 4, abilities: 2 });
    assert.equal(metrics.connectedSockets, 1);
    assert.equal(metrics.connections, 1);
    assert.deepEqual(metrics.namespaces, { main: 1 });
    assert.equal(metrics.entitySubscriptions.total, 0);
    app.strapi.$io.invalidateCache();
    assert.deepEqual(app.strapi.$io.getMetrics().cacheSize, { rooms: 0, abilities: 0 });
  });

  it('reads, changes and stores settings', async (t) => {
    const service = io().service('settings');
    const settings = await service.getSettings();
    assert.deepEqual(settings, app.strapi.$ioSettings);
    t.after(() => service.setSettings({ rooms: { enablePrivateRooms: true } }));
    settings.rooms.enablePrivateRooms = false;
    const after = await service.setSettings(settings);
    assert.equal(after.rooms.enablePrivateRooms, false);
    assert.equal(app.strapi.$ioSettings.rooms.enablePrivateRooms, false);
    after.rooms.enablePrivateRooms = true;
    assert.equal(app.strapi.$ioSettings.rooms.enablePrivateRooms, false, 'a copy');
    const defaults = service.getDefaultSettings();
    assert.equal(defaults.rooms.enablePrivateRooms, true);
    defaults.cors.origins.push('https://example.com');
    assert.deepEqual(service.getDefaultSettings().cors.origins, ['http://localhost:1337']);
  });

  it('stores settings in the shape of 5.0.x', async (t) => {
    const service = io().service('settings');
    t.after(() =>
      service.setSettings({ rolePermissions: {}, cors: service.getDefaultSettings().cors }),
    );
    const contentTypes = { [NOTE]: { create: true, update: false, delete: true } };
    const role = { canConnect: true, contentTypes };
    app.log.splice(0);
    const { rolePermissions, events, cors } = await service.setSettings({
      cors: { origins: ['https://a.example'], methods: ['GET'], credentials: true },
      contentTypes: { [NOTE]: { create: true, update: true, delete: true, config: {} } },
      middleware: { enabled: false, handlers: [] },
      events: { customEventNames: false, includeRelations: false },
      rolePermissions: {
        authenticated: { ...role, allowCredentials: true, allowedMethods: ['GET'] },
      },
    });
    assert.equal(rolePermissions.authenticated.canConnect, true);
    assert.deepEqual(rolePermissions.authenticated.contentTypes, contentTypes);
    assert.ok(!('allowedMethods' in rolePermissions.authenticated));
    assert.deepEqual(events.customEventNames, {});
    assert.deepEqual(cors, { origins: ['https://a.example'] });
    assert.deepEqual(
      app.log.filter(({ level }) => level === 'warn').map(({ text }) => text.split(' is ')[0]),
      ['plugin io: setSettings: cors.methods', 'plugin io: setSettings: cors.credentials'],
    );
    await assert.rejects(service.setSettings({ cors: { origins: 'x' } }), /cors.origins/);
  });

  it('takes the schema of a lifecycle event', async () => {
    const next = client.next('note:create');
    const unsubscribe = app.strapi.db.lifecycles.subscribe({
      models: [NOTE],
      afterUpdate: ({ model, result }) =>
        void app.strapi.$io.emit({ event: 'create', schema: model, data: result }),
    });
    const { id } = await app.strapi.db.query(NOTE).create({ data: { text: 'a' } });
    await next;
    const again = client.next('note:create');
    await app.strapi.db.query(NOTE).update({ where: { id }, data: { text: 'b' } });
    assert.equal((await again).text, 'b');
    unsubscribe();
  });
});

describe('$io.destroy', { timeout: 120_000 }, () => {
  it('disconnects everybody, and Strapi goes on without the plugin', async () => {
    const app = await boot({ contentTypes: [NOTE] });
    await app.grant('public', NOTE, 'find', 'create');
    const client = await connect(app.url);
    await app.strapi.$io.destroy();
    assert.equal(await client.disconnected(), 'transport close');
    assert.equal(app.strapi.$io, undefined);
    const { status } = await app.rest('POST', 'notes', { data: { text: 'a' } });
    assert.equal(status, 201);
    const errors = app.log.filter(({ level }) => level === 'error').map(({ text }) => text);
    assert.deepEqual(errors, []);
    await app.close();
  });
});
