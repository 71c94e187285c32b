// How the settings page behaves: locks, errors, unsaved changes, keyboard.
import assert from 'node:assert/strict';
import { before, beforeEach, describe, it } from 'node:test';
import { DEFAULT_SETTINGS } from '../../dist/shared/default-settings.js';
import { leaves } from '../../dist/shared/settings-tree.js';
import { withoutChromium } from '../support/browser.mjs';
import { focused } from './support/layout.mjs';
import { openSettings, SECTIONS } from './support/settings-page.mjs';
import { usePlayground } from './support/suite.mjs';

describe('the settings page itself', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;
  let page;

  usePlayground((started) => ({ app, browser } = started), {
    contentTypes: ['api::article.article'],
    security: { ipBlacklist: ['203.0.113.50'] },
    connection: { pingInterval: 10_000 },
    rooms: { autoJoinByRole: { Public: ['lobby'] } },
    namespaces: { list: { chat: { requireAuth: true } } },
    rolePermissions: { Public: { canConnect: true, contentTypes: {} } },
  });
  before(async () => {
    page = await app.enter(browser);
  });
  beforeEach(async () => {
    await store({
      enabled: true,
      cors: DEFAULT_SETTINGS.cors,
      security: { ipWhitelist: [], requireAuthentication: false },
      monitoring: DEFAULT_SETTINGS.monitoring,
      events: DEFAULT_SETTINGS.events,
    });
    page.problems.length = 0;
  });

  const store = (patch) =>
    app.run(async ({ strapi }, patch) => {
      await strapi.plugin('io').service('settings').update(patch);
    }, patch);

  const current = () => app.run(({ strapi }) => strapi.$ioSettings);

  it('has a place for every setting', async () => {
    const settings = await openSettings(app, page);
    const missing = new Set(leaves(DEFAULT_SETTINGS).map(([path]) => path));
    for (const section of SECTIONS) {
      await settings.show(section);
      await page.getByRole('tabpanel', { name: section }).waitFor();
      for (const path of missing) {
        if ((await page.locator(`[id="${path}"]`).count()) > 0) missing.delete(path);
      }
    }
    assert.deepEqual([...missing], []);
    assert.deepEqual(page.problems, []);
  });

  it('shows what config/plugins decides, and does not let it be changed', async () => {
    const settings = await openSettings(app, page, 'General');
    const locked = page.getByText('Set in config/plugins');
    await locked.waitFor();
    assert.equal(await settings.field('Ping interval').isDisabled(), true);
    assert.equal(await settings.field('Ping timeout').isDisabled(), false);

    await settings.show('Security');
    assert.equal(await settings.field('Denied addresses').isDisabled(), true);
    assert.equal(
      await page.getByRole('button', { name: 'Remove 203.0.113.50' }).isDisabled(),
      true,
    );
    assert.equal(await settings.field('Allowed addresses').isDisabled(), false);

    await settings.show('Content types');
    assert.equal(await settings.cell('Automatic events', 'Article', 'Create').isDisabled(), true);
    assert.equal(await settings.cell('Automatic events', 'Author', 'Create').isDisabled(), false);
    await page.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Public' }).click();
    assert.equal(await settings.switch('Public may connect').isDisabled(), true);

    await settings.show('Rooms');
    assert.equal(await settings.field('Public').isDisabled(), true);
    assert.equal(await settings.field('Authenticated').isDisabled(), false);

    await settings.show('Advanced');
    assert.equal(await settings.switch('chat: require authentication').isDisabled(), true);
    assert.equal(await page.getByRole('button', { name: 'Remove chat' }).count(), 0);
    assert.deepEqual(page.problems, []);
  });

  it('puts what the server refuses next to its field, and goes there', async () => {
    const before = await current();
    const settings = await openSettings(app, page, 'Security');
    await settings.fill('Events per second', '9999999');
    await settings.show('Monitoring');
    await settings.fill('Entries in the log', '20000');
    await settings.show('General');
    await settings.add('CORS origins', 'example.com');
    await settings.show('Rooms');
    assert.equal((await settings.send()).status, 400);
    await page.getByText('3 values are not allowed.').waitFor();
    assert.deepEqual(await current(), before);

    // The first of them has the focus, in whichever section it is.
    await page.getByText('"example.com" is neither "*" nor an origin').waitFor();
    await focused(page, settings.field('CORS origins'));
    assert.equal(await settings.field('CORS origins').getAttribute('aria-invalid'), 'true');
    for (const [section, message] of [
      ['Security', '9999999 is more than 1000000'],
      ['Monitoring', '20000 is more than 10000'],
    ]) {
      await page.getByRole('tab', { name: `${section} 1 error` }).click();
      await page.getByText(message).waitFor();
    }

    // An edit settles it; the rest stays.
    await settings.fill('Entries in the log', '300');
    await page.getByRole('tab', { name: 'Monitoring', exact: true }).waitFor();
    await settings.show('General');
    await settings.remove('example.com');
    await settings.show('Security');
    await settings.fill('Events per second', '20');
    await settings.add('Allowed addresses', '10.0.0.0/8', '10.0.0.0/33');
    assert.equal((await settings.send()).status, 400);
    await page.getByText('"10.0.0.0/33" is neither an IP address nor a network').waitFor();
    await settings.remove('10.0.0.0/33');
    assert.deepEqual(await settings.save(), {
      security: { rateLimiting: { maxEventsPerSecond: 20 }, ipWhitelist: ['10.0.0.0/8'] },
      monitoring: { maxEventLogSize: 300 },
    });
    // Refusals are answers with status 400, which browsers report.
    assert.deepEqual(
      page.problems.filter((problem) => !problem.includes('status of 400')),
      [],
    );
  });

  it('says what is missing where a number was emptied', async () => {
    const settings = await openSettings(app, page, 'General');
    await settings.fill('Ping timeout', '');
    assert.equal((await settings.send()).status, 400);
    await page.getByText('null is not a number').waitFor();
    await settings.discardButton.click();
    assert.equal(await page.getByText('null is not a number').count(), 0);
    assert.equal(await settings.field('Ping timeout').inputValue(), '20,000');
  });

  it('saves only what was changed, so that two admins do not undo each other', async () => {
    const settings = await openSettings(app, page, 'Monitoring');
    await store({ events: { includeRelations: true }, monitoring: { enableEventLogging: false } });
    await settings.fill('Entries in the log', '123');
    assert.deepEqual(await settings.save(), { monitoring: { maxEventLogSize: 123 } });
    const { events, monitoring } = await current();
    assert.equal(events.includeRelations, true);
    assert.equal(monitoring.enableEventLogging, false);
    // And shows what the other one has done.
    assert.equal(await settings.switch('Log events').getAttribute('aria-checked'), 'false');
    assert.deepEqual(page.problems, []);
  });

  it('has nothing to save until something differs', async () => {
    const settings = await openSettings(app, page, 'Content types');
    assert.equal(await settings.saveButton.isDisabled(), true);
    const cell = settings.cell('Automatic events', 'Author', 'Create');
    await cell.click();
    assert.equal(await settings.saveButton.isDisabled(), false);
    await cell.click();
    assert.equal(await settings.saveButton.isDisabled(), true);
    assert.equal(await settings.discardButton.isDisabled(), true);
  });

  it('resets a setting to its default', async () => {
    await store({ events: { excludeFields: ['title'] } });
    const settings = await openSettings(app, page, 'Events');
    await page.getByRole('button', { name: 'Excluded fields: reset to default' }).click();
    assert.deepEqual(await settings.save(), { events: { excludeFields: [] } });
  });

  it('asks before unsaved changes are lost', async () => {
    const settings = await openSettings(app, page, 'General');
    await settings.toggle('Socket.IO server');
    // Between sections nothing is lost.
    await settings.show('Security');
    await settings.show('General');
    assert.equal(await settings.switch('Socket.IO server').getAttribute('aria-checked'), 'false');

    const monitoring = page.locator('a[href="/admin/settings/io/monitoring"]');
    await monitoring.click();
    await page
      .getByRole('alertdialog')
      .getByText(/modifications will be lost/i)
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await settings.switch('Socket.IO server').getAttribute('aria-checked'), 'false');

    const asked = page.waitForEvent('dialog');
    const closing = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), 'beforeunload');
    await dialog.dismiss();
    await closing;

    await monitoring.click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.waitForURL('**/settings/io/monitoring');
    assert.equal((await current()).enabled, true);
    assert.deepEqual(page.problems, []);
  });

  it('can be operated with the keyboard alone', async () => {
    const settings = await openSettings(app, page);
    await page.getByRole('tab', { name: 'General' }).focus();
    for (const section of ['Content types', 'Events', 'Security']) {
      await page.keyboard.press('ArrowRight');
      await focused(page, page.getByRole('tab', { name: section }));
    }
    await page.waitForURL(/#security$/);
    await settings.switch('Require authentication').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await focused(page, settings.field('Allowed addresses'));
    await page.keyboard.type('10.0.0.1,10.0.0.2 ');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove 10.0.0.2' }).waitFor();
    await page.keyboard.press('Backspace');
    assert.equal(await page.getByRole('button', { name: 'Remove 10.0.0.2' }).count(), 0);
    // Enter adds to a list, and does not save.
    assert.equal((await current()).security.requireAuthentication, false);
    await settings.saveButton.focus();
    const [saved] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'PUT'),
      page.keyboard.press('Enter'),
    ]);
    assert.deepEqual(saved.request().postDataJSON(), {
      security: { requireAuthentication: true, ipWhitelist: ['10.0.0.1'] },
    });
    assert.deepEqual(page.problems, []);
  });
});
