// What the settings page says of settings that are not in force, and what becomes of them when a person saves.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, refused } from '../plugin/support/client.mjs';
import { storedBy5_0_4 } from '../plugin/support/stored-settings.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { openSettings } from './support/settings-page.mjs';
import { usePlayground } from './support/suite.mjs';

const FILE = 'Given in config/plugins, but not in force:';
const STORED = 'Stored, but not in force:';

describe('settings that are not in force', { timeout: 300_000, skip: withoutChromium() }, () => {
  const clients = [];
  let app;
  let browser;
  let page;

  after(() => clients.forEach((client) => client.close()));
  usePlayground((started) => ({ app, browser } = started), {
    contentTypes: ['api::article.article', 'api::artcle.article'],
    socket: { serverOptions: { turbo: true } },
  });
  before(async () => {
    page = await app.enter(browser);
  });

  /** Puts settings where earlier versions and other tools put them, and starts Strapi again. */
  const store = async (value) => {
    await app.run(async ({ strapi }, text) => {
      await strapi.db.query('strapi::core-store').updateMany({
        where: { key: 'plugin_io_settings' },
        data: { value: text },
      });
    }, JSON.stringify(value));
    await app.restart();
  };

  const stored = () =>
    app.run(async ({ strapi }) => {
      const rows = strapi.db.query('strapi::core-store');
      return JSON.parse((await rows.findOne({ where: { key: 'plugin_io_settings' } })).value);
    });

  /** The lines of a notice; none if there is no such notice. */
  const lines = async (title) => {
    const notices = await page.getByRole('status').filter({ hasText: title }).all();
    return Promise.all(notices.map((notice) => notice.innerText())).then((texts) =>
      texts.flatMap((text) => text.split('\n').slice(1)),
    );
  };

  const join = async () => {
    const client = await connect(app.url);
    clients.push(client);
    return client;
  };

  it('are named with what is close to them', async () => {
    await openSettings(app, page);
    assert.deepEqual(await lines(FILE), [
      'socket.serverOptions.turbo is not an option of Socket.IO; it is ignored',
      'contentTypes[1] "api::artcle.article" is not a content type: did you mean "api::article.article"?; it is skipped',
    ]);
    assert.deepEqual(await lines(STORED), []);
    assert.deepEqual(page.problems, []);
  });

  it('stay stored until something is saved in their place', async () => {
    await store({
      quantum: { on: true },
      connection: { maxConnections: 'many' },
      contentTypes: { 'api::author.auhtor': { create: true } },
      rolePermissions: { public: { canConnect: true, contentTypes: {}, events: ['get-rooms'] } },
    });
    const settings = await openSettings(app, page, 'General');
    const gone =
      'contentTypes "api::author.auhtor" is not a content type: did you mean "api::author.author"?; it is skipped';
    const quantum = 'quantum is not a setting of this version; it is ignored';
    assert.deepEqual((await lines(STORED)).sort(), [
      'connection.maxConnections "many" is not a number; it is ignored',
      gone,
      quantum,
    ]);
    await settings.fill('Maximum connections', '1');
    assert.deepEqual(await settings.save(), { connection: { maxConnections: 1 } });
    assert.deepEqual((await lines(STORED)).sort(), [gone, quantum]);
    const { connection, quantum: kept } = await stored();
    assert.deepEqual([connection, kept], [{ maxConnections: 1 }, { on: true }]);

    const first = await join();
    await refused(app.url);
    assert.equal((await first.ask('get-rooms')).success, true);
    assert.equal((await first.ask('join-room', 'x')).error, 'Event not allowed for this role');
    await settings.show('Content types');
    await page.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Public' }).click();
    await settings.toggle('Restrict the events that Public may send');
    await settings.save();
    assert.equal((await first.ask('join-room', 'x')).success, true);
    assert.deepEqual(page.problems, []);
  });

  it('of version 5.0.x are shown beside those that are', async () => {
    clients.splice(0).forEach((client) => client.close());
    await store(await storedBy5_0_4('malformed'));
    const settings = await openSettings(app, page, 'Security');
    const said = await lines(STORED);
    for (const path of ['cors.origins[1]', 'security.requireAuthentication', 'monitoring']) {
      assert.ok(
        said.some((line) => line.startsWith(`${path} `)),
        said.join('\n'),
      );
    }
    // What could have kept visitors out does so until an admin decides otherwise.
    assert.match((await refused(app.url)).message, /Authentication required/);
    const login = settings.switch('Require authentication');
    assert.equal(await login.isChecked(), true);
    await login.click();
    assert.deepEqual(await settings.save(), { security: { requireAuthentication: false } });
    assert.ok(!(await lines(STORED)).some((line) => line.includes('requireAuthentication')));
    assert.equal((await (await join()).ask('get-rooms')).success, true);
    assert.deepEqual(page.problems, []);
  });
});
