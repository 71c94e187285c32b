// The settings: who may see and change them, what is refused, which source wins, and what applies at once.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';

describe('the settings', { timeout: 120_000 }, () => {
  let app;
  let admin;
  let chief;
  let nobody;

  const get = async (token = chief) => (await admin.request('GET', '/io/settings', { token })).body;
  const put = (data, token = chief) => admin.request('PUT', '/io/settings', { token, data });

  const start = async (config, options) => {
    app = await boot(config, options);
    admin = adminActions(app);
  };

  before(async () => {
    await start({
      contentTypes: [ARTICLE],
      security: { ipBlacklist: ['203.0.113.50'] },
      redis: { url: 'redis://user:geheim@localhost:6379' },
    });
    await admin.addAdmin('chief');
    chief = await admin.login('chief');
    await admin.addAdmin('nobody', await admin.addRole('nobody', []));
    nobody = await admin.login('nobody');
    await app.grant('public', NOTE, 'find');
  });

  after(() => app.close());

  /** What each route of the plugin is for, as it is registered. */
  const routes = () =>
    app.strapi.plugin('io').routes.admin.routes.map(({ method, path, config }) => {
      const guard = config.policies.find(({ name }) => name === 'admin::hasPermissions');
      return { method, path, actions: guard?.config.actions };
    });

  const call = (token, { method, path }) => {
    const place = `/io${path.replace(':userId', '999').replace(':id', 'nobody')}`;
    return admin.request(method, place, { token, data: method === 'GET' ? undefined : {} });
  };

  it('and all other routes are for admins who hold the permission, each for its own', async () => {
    const all = routes();
    const guarded = all.filter(({ actions }) => actions !== undefined);
    assert.deepEqual(
      all.filter((route) => !guarded.includes(route)).map(({ path }) => path),
      ['/presence/session'],
      'the one for every admin',
    );
    const known = ['settings.read', 'settings.update', 'monitoring.read', 'monitoring.update'];
    const tokens = {};
    for (const name of known) {
      const role = await admin.addRole(name, [{ action: `plugin::io.${name}` }]);
      await admin.addAdmin(name, role);
      tokens[`plugin::io.${name}`] = await admin.login(name);
    }
    for (const route of all) {
      assert.equal((await call(undefined, route)).status, 401, route.path);
    }
    for (const route of guarded) {
      const place = `${route.method} ${route.path}`;
      assert.equal((await call(nobody, route)).status, 403, place);
      for (const [action, token] of Object.entries(tokens)) {
        const { status } = await call(token, route);
        if (!route.actions.includes(action)) assert.equal(status, 403, `${place} with ${action}`);
        // Not every empty request makes sense, but it gets that far.
        else assert.ok([200, 400, 404].includes(status), `${place} with ${action}: ${status}`);
      }
    }
  });

  it('say where each value comes from, and hide the password of Redis', async () => {
    const { settings, sources } = (await get()).data;
    assert.equal(sources['security.ipBlacklist'], 'file');
    assert.equal(sources[`contentTypes.${ARTICLE}`], 'file');
    assert.equal(sources['connection.pingTimeout'], 'default');
    assert.deepEqual(settings.security.ipBlacklist, ['203.0.113.50']);
    assert.ok(!JSON.stringify(settings).includes('geheim'));
    assert.equal(app.strapi.$ioSettings.redis.url, 'redis://user:geheim@localhost:6379');
    // Sent back whole, as a page does it, nothing changes.
    const { status, body } = await put(settings);
    assert.equal(status, 200);
    assert.deepEqual(body.data.changed, []);
    assert.deepEqual((await get()).data.sources, sources);
  });

  it('cannot be changed by whoever holds them', () => {
    assert.throws(() => {
      app.strapi.$ioSettings.security.ipBlacklist.push('10.0.0.1');
    }, TypeError);
  });

  const invalid = [
    [{ enable: true }, '', 'settings has an unknown key "enable": did you mean "enabled"?'],
    [{ enabled: 'yes' }, 'enabled', 'enabled "yes" is not a boolean'],
    [
      { security: { ipWhitelist: ['10.0.0.0/33'] } },
      'security.ipWhitelist[0]',
      'security.ipWhitelist[0] "10.0.0.0/33" is neither an IP address nor a network',
    ],
    [
      { contentTypes: { 'api::nope.nope': { create: true } } },
      'contentTypes',
      'contentTypes "api::nope.nope" is not a content type of this application',
    ],
    [
      { connection: { maxConnections: -1 } },
      'connection.maxConnections',
      'connection.maxConnections -1 is less than 0',
    ],
    [
      { cors: { origins: ['example.com'] } },
      'cors.origins[0]',
      'cors.origins[0] "example.com" is neither "*" nor an origin',
    ],
    [
      { events: { customEventNames: { 'note:create': 'disconnect' } } },
      'events.customEventNames.note:create',
      'is a name that Socket.IO keeps for itself',
    ],
    [
      { security: { ipBlacklist: [] } },
      'security.ipBlacklist',
      'security.ipBlacklist [] cannot be set: config/plugins says ["203.0.113.50"]',
    ],
  ];
  for (const [patch, path, message] of invalid) {
    it(`refuse, and store nothing: ${message}`, async () => {
      const before = await get();
      const { status, body } = await put({ presence: { enabled: false }, ...patch });
      assert.equal(status, 400);
      const [error] = body.error.details.errors;
      assert.equal(error.path, path);
      assert.ok(error.message.includes(message), error.message);
      assert.deepEqual(await get(), before);
    });
  }

  it('say all that is wrong at once, of what is misshapen no more than that', async () => {
    const { status, body } = await put({
      enabled: 'yes',
      contentTypes: { 'api::nope.nope': { create: 1 } },
      security: { ipWhitelist: ['', 'nobody', 7], ipBlacklist: '10.0.0.1' },
      entitySubscriptions: { allowedContentTypes: [null, 'api::gone.gone'] },
      rolePermissions: { silent: { contentTypes: { 'api::old.old': {} } }, odd: null },
    });
    assert.equal(status, 400);
    assert.deepEqual(body.error.details.errors.map(({ path }) => path).sort(), [
      'contentTypes',
      'contentTypes.api::nope.nope.create',
      'enabled',
      'entitySubscriptions.allowedContentTypes',
      'entitySubscriptions.allowedContentTypes[0]',
      'rolePermissions.odd',
      'rolePermissions.silent.contentTypes',
      'security.ipBlacklist',
      'security.ipWhitelist[0]',
      'security.ipWhitelist[1]',
      'security.ipWhitelist[2]',
    ]);
    for (const odd of [null, [], 'all', { contentTypes: 'all', rolePermissions: 'all' }]) {
      await assert.rejects(app.strapi.plugin('io').service('settings').update(odd), {
        name: 'InvalidInput',
      });
    }
  });

  it('switch a content type on and off, and rename its events, at once', async () => {
    const client = await connect(app.url);
    const create = (text) => app.strapi.documents(NOTE).create({ data: { text } });
    await create('unwatched');
    const on = await put({
      contentTypes: { [NOTE]: { create: true } },
      events: { customEventNames: { 'note:create': 'news' } },
    });
    assert.deepEqual(on.body.data.changed.sort(), ['contentTypes', 'events.customEventNames']);
    assert.deepEqual(on.body.data.restartRequired, []);
    assert.equal(on.body.data.sources[`contentTypes.${NOTE}`], 'panel');
    await create('watched');
    await app.flush(client);
    await put({ contentTypes: {} });
    assert.ok(ARTICLE in app.strapi.$ioSettings.contentTypes);
    await create('unwatched again');
    await app.flush(client);
    assert.deepEqual(
      client.received.map(({ event, data }) => [event, data.text]),
      [['news', 'watched']],
    );
    client.close();
  });

  it('refuse connections at once when they say so, and let them in again', async () => {
    const client = await connect(app.url);
    await put({ enabled: false });
    await client.disconnected();
    await refused(app.url);
    await put({ enabled: true, security: { requireAuthentication: true } });
    assert.equal((await refused(app.url)).data.code, 'AUTHENTICATION_REQUIRED');
    await put({ security: { requireAuthentication: false } });
    (await connect(app.url)).close();
  });

  it('list the content types and the roles of the application', async () => {
    const types = (await admin.request('GET', '/io/content-types', { token: chief })).body.data;
    assert.deepEqual(
      types.find(({ uid }) => uid === ARTICLE),
      {
        uid: ARTICLE,
        displayName: 'article',
        kind: 'collectionType',
        draftAndPublish: true,
        eventPrefix: 'article',
      },
    );
    assert.ok(types.every(({ uid }) => !uid.startsWith('admin::')));
    const roles = (await admin.request('GET', '/io/roles', { token: chief })).body.data;
    assert.deepEqual(roles.map(({ type }) => type).sort(), ['authenticated', 'public']);
  });

  it('test a connection to Redis without changing anything', async () => {
    const ask = (url) => admin.request('POST', '/io/redis/test', { token: chief, data: { url } });
    const away = (await ask('redis://127.0.0.1:1')).body.data;
    assert.equal(away.success, false);
    assert.match(away.error, /^Redis at 127\.0\.0\.1:1: /);
    assert.equal((await ask('http://127.0.0.1')).status, 400);
  });

  it('survive a restart; the file wins over what the panel stored', async () => {
    const { body } = await put({
      connection: { pingInterval: 1234, maxConnections: 77 },
      monitoring: { maxEventLogSize: 5 },
    });
    assert.deepEqual(body.data.restartRequired, ['connection.pingInterval']);
    const { folder } = app;
    await app.close({ keep: true });
    await start({ connection: { maxConnections: 5 } }, { folder });
    chief = await admin.login('chief');
    const { settings, sources, restartRequired } = (await get()).data;
    assert.equal(settings.connection.pingInterval, 1234);
    assert.equal(sources['connection.pingInterval'], 'panel');
    assert.equal(app.strapi.$io.server.engine.opts.pingInterval, 1234);
    assert.equal(settings.connection.maxConnections, 5);
    assert.equal(sources['connection.maxConnections'], 'file');
    assert.deepEqual(restartRequired, []);
    assert.deepEqual(settings.contentTypes, {});
  });
});
