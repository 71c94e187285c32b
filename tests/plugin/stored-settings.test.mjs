// Settings in the store that this version cannot read: what is malformed is named and costs nobody else anything.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';
import { store, stored } from './support/stored-settings.mjs';

const NOTE = 'api::note.note';
const NO_ADDRESS = '255.255.255.255';

describe('stored settings that cannot be read', { timeout: 240_000 }, () => {
  let app;
  let admin;
  let token;

  const get = async () => (await admin.request('GET', '/io/settings', { token })).body.data;
  const put = (data) => admin.request('PUT', '/io/settings', { token, data });
  const service = () => app.strapi.plugin('io').service('settings');

  /** As after a restart, or when another node has stored this. */
  const read = async (value) => {
    await put({ enabled: true });
    await store(app.strapi, value);
    await service().load();
    return service().current();
  };

  const paths = async () => (await get()).notices.map(({ path }) => path).sort();

  const join = async (options) => (await connect(app.url, options)).close();

  before(async () => {
    app = await boot({});
    admin = adminActions(app);
    await admin.addAdmin('chief');
    token = await admin.login('chief');
  });

  after(() => app.close());

  const garbage = [
    ['no JSON', '{"enabled": tru'],
    ['a text', '"settings"'],
    ['a number', 5],
    ['null', 'null'],
    ['an array', []],
    ['groups of the wrong type', { cors: 1, security: 'x', events: [], rooms: true, redis: null }],
    ['a key of a newer version', { security: { geofence: ['DE'] }, quantum: { on: true } }],
    ['an array for the roles', { rolePermissions: [{ role: 'public' }] }],
    ['texts for numbers', { connection: { maxConnections: 'many', pingTimeout: {} } }],
    ['a text for the switch', { enabled: 'false' }],
    [
      'keys that are no names',
      { rolePermissions: { '': {} }, namespaces: { list: { 'a b': {} } } },
    ],
  ];
  for (const [name, value] of garbage) {
    it(`refuse nobody and say so: ${name}`, async () => {
      const settings = await read(value);
      assert.equal(settings.enabled, true);
      const { notices } = await get();
      assert.ok(notices.length > 0);
      for (const { source, message } of notices) {
        assert.equal(source, 'stored');
        assert.ok(
          app.log.some(({ level, text }) => level === 'error' && text.includes(message)),
          message,
        );
      }
      await join();
    });
  }

  it('name the path and what counts instead', async () => {
    await read({ connection: { pingTimeout: '20s' }, presense: { enabled: true } });
    assert.deepEqual((await get()).notices, [
      {
        source: 'stored',
        path: 'connection.pingTimeout',
        message: 'connection.pingTimeout "20s" is not a number; it is ignored',
      },
      {
        source: 'stored',
        path: 'presense',
        message: 'presense is not a setting of this version; it is ignored',
      },
    ]);
  });

  it('are not said again each time they are read', async () => {
    await read({ monitoring: { maxEventLogSize: 'unique' } });
    await service().load();
    assert.equal(app.log.filter(({ text }) => text.includes('"unique"')).length, 1);
  });

  it('hold the readable part of a list', async () => {
    const { security, cors } = await read({
      security: { ipBlacklist: ['192.0.2.1', 'localhost', 5, '198.51.100.0/24'] },
      cors: { origins: ['https://a.example', 'a.example/path'] },
    });
    assert.deepEqual(security.ipBlacklist, ['192.0.2.1', '198.51.100.0/24']);
    assert.deepEqual(cors.origins, ['https://a.example']);
    assert.deepEqual(await paths(), [
      'cors.origins[1]',
      'security.ipBlacklist[1]',
      'security.ipBlacklist[2]',
    ]);
  });

  for (const ipWhitelist of ['everybody', ['everybody'], [5], 5, {}]) {
    it(`do not open an allow list: ${JSON.stringify(ipWhitelist)}`, async () => {
      const { security, enabled } = await read({ security: { ipWhitelist } });
      assert.deepEqual(security.ipWhitelist, [NO_ADDRESS]);
      assert.equal(enabled, true);
      await refused(app.url);
      await put({ security: { ipWhitelist: [] } });
      await join();
      assert.deepEqual((await get()).notices, []);
    });
  }

  it('keep the readable part of an allow list', async () => {
    await read({ security: { ipWhitelist: ['127.0.0.1', '::1', 'everybody'] } });
    await join();
  });

  it('do not let clients send more', async () => {
    const { rolePermissions, security } = await read({
      rolePermissions: { public: { events: 5 } },
      security: { inputValidation: { enabled: 'on', allowedEvents: [5] }, trustedProxies: ['x'] },
    });
    assert.deepEqual(rolePermissions.public.events, []);
    assert.equal(security.inputValidation.enabled, true);
    assert.deepEqual(security.inputValidation.allowedEvents, ['[5]']);
    assert.deepEqual(security.trustedProxies, [NO_ADDRESS]);
  });

  it('do not open a list of content types', async () => {
    const { entitySubscriptions } = await read({
      entitySubscriptions: { allowedContentTypes: [5] },
    });
    assert.equal(entitySubscriptions.allowedContentTypes.length, 1);
  });

  const closed = [
    ['canConnect', { canConnect: 'no' }],
    ['the whole entry', 'no'],
    ['all of its content types', { contentTypes: 'none' }],
  ];
  for (const [name, value] of closed) {
    it(`block one role and no other: ${name}`, async () => {
      await read({ rolePermissions: { public: value, authenticated: { canConnect: true } } });
      assert.match((await refused(app.url)).message, /may not connect/);
      const { jwt } = await app.addUser(`user-of-${name.replaceAll(' ', '-')}`);
      await join({ auth: { strategy: 'jwt', token: jwt } });
    });
  }

  it('keep one content type or action from a role', async () => {
    const { rolePermissions } = await read({
      rolePermissions: {
        public: { contentTypes: { [NOTE]: { create: 'sometimes' }, 'api::a.a': 7 } },
        authenticated: null,
      },
    });
    assert.deepEqual(rolePermissions, {
      public: {
        canConnect: true,
        contentTypes: {
          [NOTE]: { create: false, update: true, delete: true },
          'api::a.a': { create: false, update: false, delete: false },
        },
      },
    });
    await join();
  });

  it('keep a namespace shut that was to be', async () => {
    const { namespaces } = await read({
      namespaces: { enabled: true, list: { staff: { requireAuth: 'yes' }, crew: 1 } },
    });
    assert.deepEqual(namespaces.list, {
      staff: { requireAuth: true },
      crew: { requireAuth: true },
    });
  });

  it('that are too long hold as far as they may', async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `role-${index}`);
    const { rolePermissions, events } = await read({
      rolePermissions: {
        public: { canConnect: false },
        ...Object.fromEntries(names.map((name) => [name, { canConnect: true }])),
      },
      events: { excludeFields: names },
    });
    assert.equal(rolePermissions.public.canConnect, false);
    assert.equal(Object.keys(rolePermissions).length, 10_000);
    assert.equal(events.excludeFields.length, 10_000);
    assert.deepEqual(await paths(), ['events.excludeFields', 'rolePermissions']);
  });

  it('do not lead to a Redis of somebody else, nor tell its password', async () => {
    const { redis } = await read({ redis: { enabled: true, url: 'redis:hush@host:6379' } });
    assert.equal(redis.enabled, false);
    assert.ok(!app.log.some(({ text }) => text.includes('hush')));
    assert.ok(!JSON.stringify((await get()).notices).includes('hush'));
  });

  it('survive a save of something else', async () => {
    const before = {
      connection: { pingTimeout: '20s', maxConnections: 5 },
      rolePermissions: { public: { canConnect: true, mayWhisper: true }, editor: 'all' },
      future: { on: true },
    };
    await read(before);
    assert.equal((await put({ monitoring: { maxEventLogSize: 7 } })).status, 200);
    assert.deepEqual(await stored(app.strapi), { ...before, monitoring: { maxEventLogSize: 7 } });
    const { rolePermissions } = service().current();
    const changed = { ...rolePermissions, reader: { canConnect: false, contentTypes: {} } };
    const { body } = await put({ rolePermissions: changed });
    assert.deepEqual((await stored(app.strapi)).rolePermissions, {
      ...before.rolePermissions,
      reader: { canConnect: false, contentTypes: {} },
    });
    assert.ok(body.data.notices.some(({ path }) => path === 'future'));
    // Saved in its place, it is gone.
    await put({ connection: { pingTimeout: 15000 } });
    assert.equal(service().current().connection.pingTimeout, 15000);
    assert.ok(!(await paths()).includes('connection.pingTimeout'));
    assert.equal((await stored(app.strapi)).connection.maxConnections, 5);
  });

  it('are kept apart when they are no settings at all and something is saved', async () => {
    await read('"what was this?"');
    assert.equal((await put({ connection: { maxConnections: 5 } })).status, 200);
    assert.deepEqual(await stored(app.strapi), { connection: { maxConnections: 5 } });
    assert.deepEqual(await stored(app.strapi, 'settings_unreadable'), { value: 'what was this?' });
  });

  it('in a group of the wrong type give way to what is saved there', async () => {
    await read({ monitoring: 'all of it' });
    assert.equal((await put({ monitoring: { maxEventLogSize: 9 } })).status, 200);
    assert.deepEqual(await stored(app.strapi), { monitoring: { maxEventLogSize: 9 } });
  });

  it('that name a content type which is gone say so', async () => {
    await read({
      contentTypes: { 'api::nota.nota': { create: true } },
      entitySubscriptions: { allowedContentTypes: ['api::note.not'] },
      rolePermissions: { public: { contentTypes: { 'api::gone.gone': { create: true } } } },
    });
    assert.deepEqual(
      (await get()).notices.map(({ path, message }) => [path, message]),
      [
        [
          'contentTypes.api::nota.nota',
          'contentTypes "api::nota.nota" is not a content type: did you mean "api::note.note"?; it is skipped',
        ],
        [
          'entitySubscriptions.allowedContentTypes.api::note.not',
          'entitySubscriptions.allowedContentTypes "api::note.not" is not a content type: did you mean "api::note.note"?; it is skipped',
        ],
        [
          'rolePermissions.public.contentTypes.api::gone.gone',
          'rolePermissions.public.contentTypes "api::gone.gone" is not a content type: the application has api::article.article, api::author.author, api::homepage.homepage, api::note.note, api::page.page, api::slogan.slogan; it is skipped',
        ],
      ],
    );
    await join();
  });
});
