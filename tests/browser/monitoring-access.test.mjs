import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { MONITORING, figureIs, isLive, openTab, rows } from './support/monitoring.mjs';
import { countRequests } from './support/problems.mjs';
import { usePlayground } from './support/suite.mjs';

const READ = { action: 'plugin::io.monitoring.read', subject: null };

describe('the monitoring page', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;

  const visit = usePlayground((started) => ({ app } = started));

  const enter = (t, options) => visit(t, { at: MONITORING, ...options });
  const settings = (patch) =>
    app.run(async ({ strapi }, patch) => {
      await strapi.plugin('io').service('settings').update(patch);
    }, patch);

  it('offers nothing to do to who may only read, until they may not even do that', async (t) => {
    await app.addAdmin('reader', [READ]);
    const guest = await connect(app.url);
    t.after(guest.close);
    const page = await enter(t, { admin: 'reader' });
    await isLive(page);
    await figureIs(page, 'Connections', 1);
    await rows(page).filter({ hasText: guest.socket.id }).waitFor();
    for (const name of [/test event/, /^Reset/, /^Disconnect/]) {
      assert.equal(await page.getByRole('button', { name }).count(), 0);
    }
    assert.deepEqual(page.problems, []);

    await app.run(async ({ strapi }) => {
      const role = await strapi.db
        .query('admin::role')
        .findOne({ where: { name: 'Role of reader' } });
      await strapi.service('admin::role').assignPermissions(role.id, []);
    });
    await page.getByText(/^The figures could not be refreshed/).waitFor();
  });

  it('is not for admins without permission: no link, no page, no data', async (t) => {
    await app.addAdmin('outsider', [{ action: 'admin::webhooks.read', subject: null }]);
    const page = await enter(t, { admin: 'outsider', at: '/settings' });
    const requests = countRequests(page, /^\/io\/(monitoring|stats|event-log|presence\/online)/);
    await page.locator('a[href="/admin/settings/webhooks"]').waitFor();
    assert.equal(await page.locator('a[href*="/settings/io/"]').count(), 0);
    await page.goto(`${app.url}/admin${MONITORING}`);
    await page.getByText(/don.t have the permissions/i).waitFor();
    assert.equal(requests.count, 0);
    assert.deepEqual(page.problems, []);
  });

  it('asks REST while there is no live connection, and says so', async (t) => {
    await settings({ enabled: false });
    t.after(() => settings({ enabled: true }));
    const page = await enter(t);
    await page.getByText(/^There is no live connection/).waitFor();
    await page.getByRole('status').filter({ hasText: 'Not live' }).waitFor();
    await figureIs(page, 'Connections', 0);
    await page.getByText('Nobody is connected.').waitFor();
    await openTab(page, 'Event log');
    await page.getByRole('list', { name: 'Event log' }).getByText('refused').first().waitFor();

    await settings({ enabled: true });
    const guest = await connect(app.url);
    t.after(guest.close);
    await openTab(page, /^Connections/);
    await rows(page).filter({ hasText: guest.socket.id }).waitFor();
    await isLive(page);
    await page.getByText(/^There is no live connection/).waitFor({ state: 'detached' });
    await rows(page).filter({ hasText: 'This tab' }).waitFor();
  });

  it('comes back by itself when the server does', async (t) => {
    const page = await enter(t);
    await isLive(page);
    await rows(page).filter({ hasText: 'This tab' }).waitFor();
    assert.deepEqual(page.problems, []);
    await app.stop();
    await page
      .getByRole('status')
      .filter({ hasText: /^(Connecting|Not live)/ })
      .waitFor();
    await page.getByText(/^The figures could not be refreshed/).waitFor();
    await app.resume();
    await isLive(page);
    const guest = await connect(app.url);
    t.after(guest.close);
    await figureIs(page, 'Connections', 1);
    await rows(page).filter({ hasText: guest.socket.id }).waitFor();
    assert.deepEqual(
      page.problems.filter((problem) => problem.startsWith('exception')),
      [],
    );
  });
});
