// Settings that version 5.0.x stored, under the key this version uses: tests/plugin/fixtures/settings-5.0.4
// holds what 5.0.4 wrote when its own routes were asked to save them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';
import { bootWith, store, stored, storedBy5_0_4 } from './support/stored-settings.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';
const ORIGINAL = 'settings_5_0';
const TIME = { timeout: 120_000 };

const settingsOf = (app) => app.strapi.$ioSettings;

/** What was logged about the settings of 5.0.x. */
const notes = (app) =>
  app.log.map(({ text }) => text).filter((text) => text.includes('version 5.0.x'));

const errors = (app) => app.log.filter(({ level }) => level === 'error').map(({ text }) => text);

/** Runs against an application whose database holds these settings. */
async function withStored(value, work, config, options) {
  const app = await bootWith(value, config, options);
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

const all = { create: true, update: true, delete: true };
const none = { create: false, update: false, delete: false };

describe('settings stored by 5.0.x', () => {
  it('are in force, converted once, with the original kept', TIME, async () => {
    const original = await storedBy5_0_4('used');
    const app = await bootWith(original);
    const first = await stored(app.strapi);
    const settings = settingsOf(app);
    assert.equal(settings.enabled, true);
    assert.deepEqual(settings.cors.origins, ['http://localhost:3000', 'https://app.example.com']);
    assert.deepEqual(settings.connection, {
      maxConnections: 500,
      pingTimeout: 15000,
      pingInterval: 20000,
      connectionTimeout: 30000,
    });
    const { security } = settings;
    assert.deepEqual(security.rateLimiting, {
      enabled: true,
      maxEventsPerSecond: 25,
      maxConnectionsPerIp: 0,
    });
    assert.deepEqual(security.ipBlacklist, ['10.6.6.6']);
    assert.deepEqual(settings.contentTypes, {
      [NOTE]: { ...all, publish: false, unpublish: false },
      [ARTICLE]: { ...none, create: true, publish: false, unpublish: false },
    });
    assert.deepEqual(settings.events, {
      customEventNames: {},
      includeRelations: true,
      excludeFields: ['body'],
      onlyPublished: true,
    });
    assert.deepEqual(settings.rooms, original.rooms);
    assert.deepEqual(settings.entitySubscriptions, original.entitySubscriptions);
    assert.deepEqual(settings.namespaces, original.namespaces);
    assert.deepEqual(settings.monitoring, original.monitoring);
    const roles = settings.rolePermissions;
    assert.deepEqual(roles.public.contentTypes, {
      [NOTE]: { create: true, update: true, delete: false },
      [ARTICLE]: none,
    });
    assert.deepEqual(roles.authenticated.contentTypes, {
      [NOTE]: all,
      [ARTICLE]: { ...none, create: true },
    });

    assert.deepEqual(await stored(app.strapi, ORIGINAL), original);
    const said = notes(app).join('\n');
    for (const name of ['allowCredentials', 'allowedMethods', 'middleware', 'customEventNames']) {
      assert.match(said, new RegExp(name));
    }
    assert.deepEqual(errors(app), []);
    const admin = await createAdmin(app);
    const { data } = await admin('GET', '/io/settings');
    assert.deepEqual(data.notices, []);
    assert.equal(data.sources['connection.maxConnections'], 'panel');

    // A second start finds nothing to convert.
    await app.close({ keep: true });
    const again = await boot({}, { folder: app.folder });
    try {
      assert.deepEqual(settingsOf(again), settings);
      assert.deepEqual(await stored(again.strapi), first);
      assert.deepEqual(await stored(again.strapi, ORIGINAL), original);
      assert.deepEqual(notes(again), []);
    } finally {
      await again.close();
    }
  });

  it('decide what clients receive, join and may not', TIME, async () => {
    await withStored(await storedBy5_0_4('used'), async (app) => {
      await app.grant('public', NOTE, 'find');
      await app.grant('authenticated', NOTE, 'find');
      const { jwt } = await app.addUser('mia');
      const visitor = await connect(app.url);
      const user = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
      const create = visitor.next('note:create');
      const deleted = user.next('note:delete');
      const note = await app.strapi.documents(NOTE).create({ data: { text: 'hello' } });
      assert.equal((await create).text, 'hello');
      await app.strapi.documents(NOTE).delete({ documentId: note.documentId });
      await deleted;
      await app.flush(visitor);
      assert.ok(!visitor.names().includes('note:delete'));
      // Rooms by role.
      const rooms = await visitor.ask('get-rooms');
      assert.ok(rooms.rooms.includes('lobby'), JSON.stringify(rooms));
      const own = await user.ask('get-rooms');
      assert.ok(own.rooms.includes('members'), JSON.stringify(own));
      // Namespaces.
      const chat = await connect(`${app.url}/chat`);
      assert.match((await refused(`${app.url}/backstage`)).message, /Authentication required/);
      for (const client of [visitor, user, chat]) client.close();
    });
  });

  it('keep closed what was closed', TIME, async () => {
    await withStored(await storedBy5_0_4('closed'), async (app) => {
      const settings = settingsOf(app);
      assert.equal(settings.security.requireAuthentication, true);
      assert.equal(settings.rolePermissions.public.canConnect, false);
      assert.deepEqual(settings.security.ipWhitelist, ['127.0.0.1', '::1', '::ffff:127.0.0.1']);
      assert.match((await refused(app.url)).message, /Authentication required/);
      const { jwt } = await app.addUser('mia');
      const user = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
      user.close();
    });
  });

  it('of a panel that was saved untouched serve everybody as before', TIME, async () => {
    await withStored(await storedBy5_0_4('untouched'), async (app) => {
      const settings = settingsOf(app);
      assert.equal(settings.connection.maxConnections, 1000);
      assert.equal(settings.events.onlyPublished, false);
      assert.equal(settings.rooms.enablePrivateRooms, false);
      assert.deepEqual(settings.contentTypes, {});
      assert.match(notes(app).join('\n'), /draft edits are sent/);
      const visitor = await connect(app.url);
      visitor.close();
    });
  });

  it('that were 0 mean what 0 meant', TIME, async () => {
    await withStored(await storedBy5_0_4('zeros'), async (app) => {
      const { connection, security, entitySubscriptions, monitoring } = settingsOf(app);
      assert.equal(connection.maxConnections, 1000);
      assert.equal(connection.pingTimeout, 20000);
      assert.equal(security.rateLimiting.maxEventsPerSecond, 10);
      assert.equal(entitySubscriptions.maxSubscriptionsPerSocket, 100);
      assert.equal(monitoring.maxEventLogSize, 100);
      assert.deepEqual(errors(app), []);
    });
  });

  it('name what has no equivalent, and never the password of Redis', TIME, async () => {
    await withStored(await storedBy5_0_4('redis-and-middleware'), async (app) => {
      const { enabled, url } = settingsOf(app).redis;
      assert.deepEqual([enabled, url], [true, 'redis://:secret@127.0.0.1:1']);
      const said = notes(app).join('\n');
      assert.match(said, /cors\.methods, cors\.credentials has no equivalent/);
      assert.match(said, /middleware had no effect/);
      assert.ok(!app.log.some(({ text }) => text.includes('secret')));
    });
  });

  it('that are malformed cost nobody else anything, and open nothing', TIME, async () => {
    await withStored(await storedBy5_0_4('malformed'), async (app) => {
      const settings = settingsOf(app);
      assert.equal(settings.enabled, true);
      assert.equal(settings.connection.pingTimeout, 20000);
      assert.deepEqual(settings.cors.origins, ['http://localhost:3000']);
      assert.deepEqual(settings.security.ipBlacklist, ['10.6.6.6']);
      assert.equal(settings.security.requireAuthentication, true);
      assert.deepEqual(settings.events.excludeFields, ['body']);
      assert.deepEqual(settings.rooms.autoJoinByRole, { Authenticated: ['members'] });
      assert.deepEqual(settings.rolePermissions.public.contentTypes[NOTE], {
        create: true,
        update: false,
        delete: false,
      });
      assert.equal(settings.rolePermissions.editor.canConnect, false);
      const admin = await createAdmin(app);
      const { notices } = (await admin('GET', '/io/settings')).data;
      assert.deepEqual(
        notices.map(({ path }) => path).sort(),
        [
          'connection.pingTimeout',
          'cors.origins[1]',
          'cors.origins[2]',
          'events.excludeFields',
          'monitoring',
          'namespaces',
          'rolePermissions.editor',
          `rolePermissions.public.contentTypes.${NOTE}.update`,
          'rooms.autoJoinByRole.Authenticated',
          'security.ipBlacklist[1]',
          'security.ipBlacklist[2]',
          'security.requireAuthentication',
        ].sort(),
      );
      const { jwt } = await app.addUser('mia');
      const user = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
      user.close();
    });
  });

  it(
    'of another tool keep what is not known, and name a content type that is gone',
    TIME,
    async () => {
      await withStored(await storedBy5_0_4('imported'), async (app) => {
        const settings = settingsOf(app);
        assert.deepEqual(settings.cors.origins, ['https://imported.example.com']);
        assert.equal((await stored(app.strapi)).note, 'a key of another tool');
        const said = errors(app).join('\n');
        assert.match(said, /note is not a setting of this version; it is ignored/);
        assert.match(said, /contentTypes "api::gone\.gone" is not a content type/);
        // Users without an entry of their own were treated like visitors.
        assert.deepEqual(settings.rolePermissions.authenticated.contentTypes[NOTE], all);
      });
    },
  );

  it('of a later 5.x keep what both versions know, and name the rest', TIME, async () => {
    const original = {
      ...(await storedBy5_0_4('used')),
      presence: { enabled: false, heartbeatInterval: 30000 },
      livePreview: { enabled: true },
    };
    await withStored(original, async (app) => {
      const settings = settingsOf(app);
      assert.equal(settings.presence.enabled, false);
      assert.equal(settings.connection.maxConnections, 500);
      const admin = await createAdmin(app);
      const { notices } = (await admin('GET', '/io/settings')).data;
      assert.deepEqual(
        notices.map(({ path }) => path),
        ['presence.heartbeatInterval', 'livePreview'],
      );
      (await connect(app.url)).close();
    });
  });

  it('of a role without an entry follow `authenticated`, as before', TIME, async () => {
    const prepare = ({ strapi }) =>
      strapi.db
        .query('plugin::users-permissions.role')
        .create({ data: { name: 'Content Editor', type: 'content_editor', description: '' } });
    await withStored(
      await storedBy5_0_4('closed'),
      async (app) => {
        const { content_editor: editor } = settingsOf(app).rolePermissions;
        assert.deepEqual(editor, {
          canConnect: true,
          contentTypes: { [NOTE]: { ...none, create: true } },
        });
      },
      {},
      { prepare },
    );
  });

  it('go back to the original, and are converted again after a downgrade', TIME, async () => {
    const original = await storedBy5_0_4('used');
    const app = await bootWith(original);
    const kept = await stored(app.strapi, ORIGINAL);
    await store(app.strapi, { ...kept, connection: { ...kept.connection, maxConnections: 7 } });
    await app.close({ keep: true });
    const again = await boot({}, { folder: app.folder });
    try {
      assert.equal(settingsOf(again).connection.maxConnections, 7);
      assert.equal((await stored(again.strapi, ORIGINAL)).connection.maxConnections, 7);
    } finally {
      await again.close();
    }
  });

  it('yield to config/plugins, which 5.0.4 did not read', TIME, async () => {
    await withStored(
      await storedBy5_0_4('used'),
      async (app) => {
        const settings = settingsOf(app);
        assert.equal(settings.connection.maxConnections, 9);
        assert.equal(settings.contentTypes[NOTE].delete, false);
        assert.equal(settings.contentTypes[ARTICLE].create, true);
      },
      { connection: { maxConnections: 9 }, contentTypes: [{ uid: NOTE, actions: ['create'] }] },
    );
  });
});
