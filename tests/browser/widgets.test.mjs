import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { createArticles, figure } from './support/monitoring.mjs';
import { countRequests } from './support/problems.mjs';
import { usePlayground } from './support/suite.mjs';

const STATISTICS = /\/io\/monitoring\/stats$/;
const ONLINE = /\/io\/presence\/online$/;
const READ = { action: 'plugin::io.monitoring.read', subject: null };

describe('the widgets on the homepage', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;

  const enter = usePlayground((started) => ({ app } = started));

  const statistics = (page) => page.getByRole('region', { name: 'Socket.IO Statistics' });
  const online = (page) => page.getByRole('region', { name: 'Who’s Online' });
  const shows = (page, label, text) =>
    figure(statistics(page), label).filter({ hasText: text }).waitFor();

  it('show the figures as they change', async (t) => {
    const page = await enter(t);
    // The connection of the panel itself is not counted.
    await shows(page, 'Connections', /^0$/);
    const clients = [await connect(app.url), await connect(app.url)];
    t.after(() => clients.forEach(({ close }) => close()));
    await clients[0].ask('join-room', 'news');
    await createArticles(app, 15);
    await shows(page, 'Connections', /^2$/);
    await shows(page, 'Rooms', /^[1-9]/);
    await shows(page, 'Events per second', /^(?!0[.,]0)\d/);
    await shows(page, 'Events in total', /^[1-9]\d/);
    await statistics(page).getByText('Active', { exact: true }).waitFor();

    await statistics(page).getByRole('link', { name: 'Open monitoring' }).click();
    await page.getByRole('heading', { level: 1, name: 'Monitoring' }).waitFor();
    assert.deepEqual(page.problems, []);
  });

  it('name the admins who are online, with their roles and when they were last active', async (t) => {
    const page = await enter(t);
    const people = online(page).getByRole('listitem');
    await people.filter({ hasText: '(you)' }).filter({ hasText: 'Super Admin' }).waitFor();
    assert.equal(await people.count(), 1);

    await app.addAdmin('colleague', [READ]);
    const other = await enter(t, { admin: 'colleague' });
    const colleague = people.filter({ hasText: 'colleague Admin' });
    await colleague
      .filter({ hasText: 'Role of colleague' })
      .filter({ hasText: /Active/ })
      .waitFor();
    await colleague.getByText('CA', { exact: true }).waitFor();
    await online(other).getByRole('listitem').nth(1).waitFor();
    assert.deepEqual(other.problems, []);

    await other.context().close();
    await colleague.waitFor({ state: 'detached' });
    await online(page).getByRole('link', { name: 'View all activity' }).click();
    await page.waitForURL('**/settings/io/monitoring');
    assert.deepEqual(page.problems, []);
  });

  it('ask once every five seconds each, and never while the tab is hidden', async (t) => {
    const client = await connect(app.url);
    t.after(() => client.close());
    const page = await enter(t);
    await statistics(page).getByText('Active', { exact: true }).waitFor();
    await online(page).getByRole('listitem').first().waitFor();
    const figures = countRequests(page, STATISTICS);
    const admins = countRequests(page, ONLINE);
    const asked = () => page.waitForRequest((request) => STATISTICS.test(request.url()));
    await asked();
    const started = Date.now();
    for (let times = 0; times < 2; times += 1) await asked();
    assert.ok(Date.now() - started > 9_000, `two requests after ${Date.now() - started} ms`);
    assert.ok(figures.count <= 3 && admins.count <= 4, `${figures.count} and ${admins.count}`);

    const setVisibility = (value) =>
      page.locator('html').evaluate(({ ownerDocument }, value) => {
        Object.defineProperty(ownerDocument, 'visibilityState', { value, configurable: true });
        ownerDocument.dispatchEvent(new ownerDocument.defaultView.Event('visibilitychange'));
      }, value);
    await setVisibility('hidden');
    const before = figures.count + admins.count;
    // Longer than they would wait.
    await assert.rejects(
      page.waitForRequest((request) => STATISTICS.test(request.url()), { timeout: 7_000 }),
    );
    assert.equal(figures.count + admins.count, before);
    const again = asked();
    await setVisibility('visible');
    await again;
    assert.deepEqual(page.problems, []);
  });

  it('move nothing for those who do not want motion', async (t) => {
    const client = await connect(app.url);
    t.after(() => client.close());
    const page = await enter(t);
    const status = statistics(page).getByText('Active', { exact: true });
    await status.waitFor();
    const animations = () =>
      statistics(page).evaluate(
        (widget) =>
          widget
            .getAnimations({ subtree: true })
            .filter(({ effect }) => effect.getTiming().iterations === Infinity).length,
      );
    assert.equal(await animations(), 0);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.equal(await animations(), 1);
  });

  it('are not for admins without permission', async (t) => {
    await app.addAdmin('outsider', [{ action: 'admin::webhooks.read', subject: null }]);
    const page = await enter(t, { admin: 'outsider' });
    const requests = countRequests(page, /\/io\//);
    await page.getByRole('region', { name: 'Profile' }).waitFor();
    assert.equal(await statistics(page).count(), 0);
    assert.equal(await online(page).count(), 0);
    assert.equal(requests.count, 0);
    assert.deepEqual(page.problems, []);
  });
});
