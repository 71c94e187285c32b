// What else the server does, changed in the settings page by a person: it obeys.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, refused } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { openSettings } from './support/settings-page.mjs';
import { ARTICLE, AUTHOR, useSettingsPage } from './support/settings-server.mjs';

describe(
  'the settings page: rooms, presence, monitoring, advanced',
  { timeout: 300_000, skip: withoutChromium() },
  () => {
    let app;
    let page;
    const { join, asUser, create, flush, subscribe, noProblems } = useSettingsPage(
      (started) => ({ app, page } = started),
    );

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
      member.close();
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
  },
);
