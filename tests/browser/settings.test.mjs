// Every group of the settings, changed in the page by a person, and the server obeys.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DEFAULT_SETTINGS } from '../../dist/shared/default-settings.js';
import { connect, refused } from '../plugin/support/client.mjs';
import { launchBrowser, withoutChromium } from '../support/browser.mjs';
import { LIMIT, startPlayground } from './support/app.mjs';
import { openSettings } from './support/settings-page.mjs';

const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';

describe('the settings page', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;
  let page;
  let clients = [];

  before(async () => {
    [app, browser] = await Promise.all([startPlayground({ contentTypes: [] }), launchBrowser()]);
    page = await app.enter(browser);
  });
  after(async () => {
    for (const client of clients) client.close();
    await browser?.close();
    await app?.close();
  });
  beforeEach(async () => {
    for (const client of clients) client.close();
    clients = [];
    await store({
      ...DEFAULT_SETTINGS,
      contentTypes: {
        [ARTICLE]: { create: true, update: true, delete: true },
        [AUTHOR]: { create: true },
      },
    });
    page.problems.length = 0;
  });

  const store = (patch) =>
    app.run(({ strapi }, patch) => strapi.plugin('io').service('settings').update(patch), patch);

  const join = async (options) => {
    const client = await connect(app.url, options);
    clients.push(client);
    return client;
  };

  /** Options of a client that is logged in as the playground's user. */
  const asUser = async () => {
    const token = await app.run(async ({ strapi }) => {
      const user = await strapi.db.query('plugin::users-permissions.user').findOne();
      return strapi.plugin('users-permissions').service('jwt').issue({ id: user.id });
    });
    return { auth: { strategy: 'jwt', token } };
  };

  const create = (uid, data) =>
    app.run(
      async ({ strapi }, uid, data) => (await strapi.documents(uid).create({ data })).documentId,
      uid,
      data,
    );

  let sentinels = 0;
  /** After this, a client has received all there was for it. */
  const flush = async (...receivers) => {
    sentinels += 1;
    const name = `sentinel:${sentinels}`;
    const seen = receivers.map((client) => client.next(name));
    await app.run(async ({ strapi }, event) => {
      await strapi.plugin('io').service('changes').idle();
      await strapi.$io.raw({ event });
    }, name);
    await Promise.all(seen);
  };

  const subscribe = (client, uid, id) => client.ask('subscribe-entity', { uid, id });

  /** Until nobody is connected any more, the panel's own sockets included. */
  const alone = async () => {
    const connections = () => app.run(({ strapi }) => strapi.$io.getMetrics().connections);
    const deadline = Date.now() + LIMIT;
    while ((await connections()) > 0) {
      assert.ok(Date.now() < deadline, 'somebody stays connected');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const noProblems = () => assert.deepEqual(page.problems, []);

  it('switches the server off and on again', async () => {
    const client = await join();
    const settings = await openSettings(app, page, 'General');
    await settings.toggle('Socket.IO server');
    assert.deepEqual(await settings.save(), { enabled: false });
    await client.disconnected();
    await refused(app.url);
    await settings.toggle('Socket.IO server');
    await settings.save();
    await join();
    noProblems();
  });

  it('limits the connections', async () => {
    const settings = await openSettings(app, page, 'General');
    await alone();
    await join();
    await settings.fill('Maximum connections', '1');
    assert.deepEqual(await settings.save(), { connection: { maxConnections: 1 } });
    await refused(app.url);
    noProblems();
  });

  it('says what waits for a restart, in human words, until it has happened', async () => {
    const settings = await openSettings(app, page, 'General');
    await settings.add('CORS origins', 'https://example.com');
    await settings.fill('Ping interval', '12000');
    await settings.fill('Maximum connections', '500');
    await settings.save();
    await page.getByText('In force now: Maximum connections.').waitFor();
    await page.getByText('After a restart of Strapi: CORS origins and Ping interval.').waitFor();
    const hint = page.getByText('Saved, and in force when Strapi starts again');
    assert.match(await hint.innerText(), /: CORS origins and Ping interval$/);
    await page.reload();
    await hint.waitFor();

    await app.restart();
    const answer = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://example.com' },
    });
    assert.equal(answer.headers.get('access-control-allow-origin'), 'https://example.com');
    const handshake = JSON.parse((await answer.text()).slice(1));
    assert.equal(handshake.pingInterval, 12_000);
    await page.reload();
    await page.getByRole('tablist').waitFor();
    assert.equal(await hint.count(), 0);
    // What the page asked of a server that was away is no problem of the page.
  });

  it('watches a content type, action by action', async () => {
    await store({ contentTypes: {} });
    const client = await join();
    const settings = await openSettings(app, page, 'Content types');
    await settings.cell('Automatic events', 'Article', 'Create').click();
    assert.deepEqual(await settings.save(), {
      contentTypes: {
        [ARTICLE]: { create: true, update: false, delete: false, publish: false, unpublish: false },
      },
    });
    const id = await create(ARTICLE, { title: 'watched' });
    await app.run(
      ({ strapi }, uid, documentId) => strapi.documents(uid).delete({ documentId }),
      ARTICLE,
      id,
    );
    await flush(client);
    assert.deepEqual(client.names(), ['article:create']);
    noProblems();
  });

  it('watches all content types at once, and publishing where there is publishing', async () => {
    await store({ contentTypes: {} });
    const client = await join();
    const settings = await openSettings(app, page, 'Content types');
    await page.getByRole('checkbox', { name: 'Publish: all that are shown', exact: true }).click();
    const sent = await settings.save();
    assert.deepEqual(Object.keys(sent.contentTypes), ['api::post.post']);
    await app.run(async ({ strapi }) => {
      const posts = strapi.documents('api::post.post');
      const { documentId } = await posts.create({ data: { title: 'draft' } });
      await posts.publish({ documentId });
    });
    await flush(client);
    assert.deepEqual(client.names(), ['post:publish']);
    noProblems();
  });

  it('keeps an action, or the connection, from a role', async () => {
    const user = await join(await asUser());
    const guest = await join();
    const settings = await openSettings(app, page, 'Content types');
    await page.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Public' }).click();
    await settings.cell('Events that Public receives', 'Article', 'Create').click();
    assert.deepEqual(await settings.save(), {
      rolePermissions: {
        public: {
          canConnect: true,
          contentTypes: { [ARTICLE]: { create: false, update: true, delete: true } },
        },
      },
    });
    await create(ARTICLE, { title: 'not for everybody' });
    await flush(user, guest);
    assert.deepEqual(user.names(), ['article:create']);
    assert.deepEqual(guest.names(), []);

    await settings.toggle('Public may connect');
    await settings.save();
    await refused(app.url);
    await join(await asUser());
    noProblems();
  });

  it('shapes what events carry, and renames them', async () => {
    const client = await join();
    const settings = await openSettings(app, page, 'Events');
    await settings.toggle('Include relations');
    await settings.add('Excluded fields', 'content');
    await page.getByRole('combobox', { name: 'Event' }).fill('article:create');
    await settings.fill('Sent as', 'news');
    await page.getByRole('button', { name: 'Add' }).last().click();
    assert.deepEqual(await settings.save(), {
      events: {
        includeRelations: true,
        excludeFields: ['content'],
        customEventNames: { 'article:create': 'news' },
      },
    });
    const author = await create(AUTHOR, { name: 'Ada' });
    await create(ARTICLE, { title: 'told', content: 'not told', author });
    await flush(client);
    const { data } = client.received.find(({ event }) => event === 'news');
    assert.equal(data.title, 'told');
    assert.equal('content' in data, false);
    assert.equal(data.author.name, 'Ada');
    assert.equal(client.names().includes('article:create'), false);
    noProblems();
  });

  it('sends drafts where it is told to', async () => {
    await store({ contentTypes: { 'api::post.post': { create: true } } });
    const client = await join();
    const settings = await openSettings(app, page, 'Events');
    await settings.toggle('Only published content');
    await settings.save();
    await create('api::post.post', { title: 'draft' });
    await flush(client);
    assert.deepEqual(client.names(), ['post:create']);
    noProblems();
  });

  it('requires authentication, and shuts out addresses', async () => {
    const settings = await openSettings(app, page, 'Security');
    await settings.toggle('Require authentication');
    await settings.save();
    await refused(app.url);
    await join(await asUser());
    await settings.add('Denied addresses', '127.0.0.0/8', '::1');
    assert.deepEqual(await settings.save(), { security: { ipBlacklist: ['127.0.0.0/8', '::1'] } });
    await refused(app.url, await asUser());
    await settings.remove('127.0.0.0/8');
    await settings.remove('::1');
    await settings.add('Allowed addresses', '203.0.113.7');
    await settings.save();
    await refused(app.url, await asUser());
    noProblems();
  });

  it('limits the rate', async () => {
    const settings = await openSettings(app, page, 'Security');
    await alone();
    await settings.toggle('Limit the rate');
    await settings.fill('Connections per IP address', '1');
    await settings.fill('Events per second', '3');
    assert.deepEqual(await settings.save(), {
      security: { rateLimiting: { enabled: true, maxEventsPerSecond: 3, maxConnectionsPerIp: 1 } },
    });
    const client = await join();
    await refused(app.url);
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.ask('get-rooms')));
    assert.ok(answers.some(({ success }) => !success));
    noProblems();
  });

  it('gives rooms to roles, and closes those of clients', async () => {
    const settings = await openSettings(app, page, 'Rooms');
    await settings.add('Public', 'lobby');
    await settings.toggle('Private rooms');
    assert.deepEqual(await settings.save(), {
      rooms: { autoJoinByRole: { public: ['lobby'] }, enablePrivateRooms: false },
    });
    const guest = await join();
    assert.ok((await guest.ask('get-rooms')).rooms.includes('lobby'));
    assert.equal((await guest.ask('join-room', 'mine')).success, false);
    noProblems();
  });

  it('switches presence off', async () => {
    const id = await create(ARTICLE, { title: 'edited' });
    const isPresent = () =>
      app.run(
        async ({ admins }, uid, documentId) => {
          const editor = await admins.enter('admin');
          const { success } = await editor.ask('presence:join', { uid, documentId });
          editor.close();
          return success;
        },
        ARTICLE,
        id,
      );
    assert.equal(await isPresent(), true);
    const settings = await openSettings(app, page, 'Presence');
    await settings.toggle('Show who is editing');
    assert.deepEqual(await settings.save(), { presence: { enabled: false } });
    assert.equal(await isPresent(), false);
    noProblems();
  });

  it('decides what is logged', async () => {
    const log = () =>
      app.run(({ strapi }) =>
        strapi
          .plugin('io')
          .service('monitoring')
          .getEventLog()
          .map(({ type }) => type),
      );
    const settings = await openSettings(app, page, 'Monitoring');
    await settings.toggle('Log connections');
    await settings.fill('Entries in the log', '2');
    assert.deepEqual(await settings.save(), {
      monitoring: { enableConnectionLogging: false, maxEventLogSize: 2 },
    });
    const client = await join();
    for (const title of ['a', 'b', 'c']) await create(ARTICLE, { title });
    await flush(client);
    const entries = await log();
    assert.equal(entries.length, 2);
    assert.ok(!entries.includes('connect'), String(entries));
    await settings.toggle('Log events');
    await settings.fill('Entries in the log', '100');
    await settings.save();
    const before = await log();
    await create(ARTICLE, { title: 'd' });
    await flush(client);
    assert.deepEqual(await log(), before);
    noProblems();
  });

  it('limits subscriptions to entries', async () => {
    const first = await create(ARTICLE, { title: 'one' });
    const author = await create(AUTHOR, { name: 'two' });
    const settings = await openSettings(app, page, 'Advanced');
    await settings.fill('Subscriptions per client', '1');
    await settings.toggle('Verify entries');
    await settings.toggle('Statistics');
    await page.getByRole('combobox', { name: 'Allowed content types' }).click();
    await page.getByRole('option', { name: 'Article' }).click();
    assert.deepEqual(await settings.save(), {
      entitySubscriptions: {
        maxSubscriptionsPerSocket: 1,
        requireVerification: false,
        enableMetrics: false,
        allowedContentTypes: [ARTICLE],
      },
    });
    const client = await join();
    assert.equal((await subscribe(client, AUTHOR, author)).success, false);
    assert.equal((await subscribe(client, ARTICLE, first)).success, true);
    assert.equal((await subscribe(client, ARTICLE, 'another')).success, false);
    await settings.toggle('Allow subscriptions');
    await settings.save();
    const late = await join();
    assert.equal((await subscribe(late, ARTICLE, first)).success, false);
    noProblems();
  });

  it('makes namespaces, which are there after a restart', async () => {
    const settings = await openSettings(app, page, 'Advanced');
    await settings.toggle('Use namespaces');
    await settings.fill('New namespace', 'members');
    await settings.field('New namespace').press('Enter');
    await settings.toggle('members: require authentication');
    assert.deepEqual(await settings.save(), {
      namespaces: { enabled: true, list: { members: { requireAuth: true } } },
    });
    await page
      .getByText('After a restart of Strapi: Use namespaces and List of namespaces.')
      .waitFor();
    await app.restart();
    await refused(`${app.url}/members`);
    await join(await asUser()).then(({ socket }) => assert.ok(socket.connected));
    const member = await connect(`${app.url}/members`, await asUser());
    clients.push(member);
  });

  it('tests a Redis before anything depends on it', async () => {
    const settings = await openSettings(app, page, 'Advanced');
    const test = page.getByRole('button', { name: 'Test connection' });
    await settings.fill('Redis URL', process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
    await test.click();
    await page.getByText('Redis answers.').waitFor();
    await settings.fill('Redis URL', 'redis://127.0.0.1:1');
    assert.equal(await page.getByText('Redis answers.').count(), 0);
    await test.click();
    await page.getByText(/Redis cannot be used: .*(ECONNREFUSED|connect)/).waitFor();
    await settings.fill('Redis URL', 'localhost');
    await test.click();
    await page.getByText(/Redis cannot be used: .*is not a URL like redis:/).waitFor();
    // The answer to a wrong address has status 400, which browsers report.
    assert.deepEqual(
      page.problems.filter((problem) => !problem.includes('status of 400')),
      [],
    );
  });
});
