// What is sent to whom, changed in the settings page by a person: the server obeys.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refused } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { openSettings } from './support/settings-page.mjs';
import { ARTICLE, AUTHOR, useSettingsPage } from './support/settings-server.mjs';

describe(
  'the settings page: general, content types, events, security',
  { timeout: 300_000, skip: withoutChromium() },
  () => {
    let app;
    let page;
    const { store, join, asUser, create, flush, alone, noProblems } = useSettingsPage(
      (started) => ({ app, page } = started),
    );

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
          [ARTICLE]: {
            create: true,
            update: false,
            delete: false,
            publish: false,
            unpublish: false,
          },
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
      await page
        .getByRole('checkbox', { name: 'Publish: all that are shown', exact: true })
        .click();
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
      assert.deepEqual(await settings.save(), {
        security: { ipBlacklist: ['127.0.0.0/8', '::1'] },
      });
      await refused(app.url, await asUser());
      await settings.remove('127.0.0.0/8');
      await settings.remove('::1');
      await settings.add('Allowed addresses', '203.0.113.7');
      await settings.save();
      await refused(app.url, await asUser());
      noProblems();
    });

    it('says which events clients may send', async () => {
      const settings = await openSettings(app, page, 'Security');
      await settings.toggle('Apply rules to events of clients');
      await settings.add('Allowed events', 'get-rooms', 'join-room');
      await settings.fill('Maximum depth', '2');
      assert.deepEqual(await settings.save(), {
        security: {
          inputValidation: {
            enabled: true,
            allowedEvents: ['get-rooms', 'join-room'],
            maxDepth: 2,
          },
        },
      });
      const client = await join();
      assert.equal((await client.ask('get-rooms')).success, true);
      const tooDeep = await client.ask('join-room', [[[]]]);
      assert.equal(tooDeep.error, 'Event nested too deeply');
      assert.equal((await client.ask('get-entity-subscriptions')).error, 'Event not allowed');

      await settings.show('Content types');
      await page.getByRole('combobox', { name: 'Role' }).click();
      await page.getByRole('option', { name: 'Public' }).click();
      await settings.toggle('Restrict the events that Public may send');
      await settings.add('Events that Public may send', 'join-room');
      assert.deepEqual(await settings.save(), {
        rolePermissions: { public: { canConnect: true, contentTypes: {}, events: ['join-room'] } },
      });
      const { error } = await client.ask('get-rooms');
      assert.equal(error, 'Event not allowed for this role');
      noProblems();
    });

    it('believes listed proxies, and refuses pages of other origins', async () => {
      const from = (headers) => ({ transports: ['websocket'], extraHeaders: headers });
      const settings = await openSettings(app, page, 'Security');
      await settings.add('Denied addresses', '203.0.113.7');
      await settings.add('Proxies', '127.0.0.0/8', '::1');
      await settings.toggle('Check the origin of pages');
      assert.deepEqual(await settings.save(), {
        security: {
          ipBlacklist: ['203.0.113.7'],
          trustedProxies: ['127.0.0.0/8', '::1'],
          checkOrigin: true,
        },
      });
      await refused(app.url, from({ 'X-Forwarded-For': '198.51.100.1, 203.0.113.7' }));
      await refused(app.url, from({ Origin: 'https://elsewhere.example' }));
      await join(from({ 'X-Forwarded-For': '203.0.113.7, 198.51.100.1' }));
      noProblems();
    });

    it('limits the rate', async () => {
      const settings = await openSettings(app, page, 'Security');
      await alone();
      await settings.toggle('Limit the rate');
      await settings.fill('Connections per IP address', '1');
      await settings.fill('Events per second', '3');
      assert.deepEqual(await settings.save(), {
        security: {
          rateLimiting: { enabled: true, maxEventsPerSecond: 3, maxConnectionsPerIp: 1 },
        },
      });
      const client = await join();
      await refused(app.url);
      const answers = await Promise.all(Array.from({ length: 6 }, () => client.ask('get-rooms')));
      assert.ok(answers.some(({ success }) => !success));
      noProblems();
    });
  },
);
