// Who sees the settings page, and where: permissions, failures, idle time, windows, languages.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutChromium } from '../support/browser.mjs';
import { excessWidth } from './support/layout.mjs';
import { countRequests } from './support/problems.mjs';
import { openSettings, SECTIONS } from './support/settings-page.mjs';
import { usePlayground } from './support/suite.mjs';

const READ = { action: 'plugin::io.settings.read', subject: null };

describe('the settings page for everybody', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;

  usePlayground((started) => ({ app, browser } = started));

  it('is read-only for those who may only read', async () => {
    await app.addAdmin('reader', [READ]);
    const other = await app.enter(browser, { admin: 'reader', at: '/settings/io/settings' });
    await other.getByText('you do not have the permission to change them').waitFor();
    assert.equal(await other.getByRole('button', { name: 'Save' }).count(), 0);
    for (const section of SECTIONS) {
      await other.getByRole('tab', { name: section }).click();
      const panel = other.getByRole('tabpanel', { name: section });
      await panel.waitFor();
      for (const role of ['switch', 'checkbox', 'textbox']) {
        for (const control of await panel.getByRole(role).all()) {
          const name = await control.evaluate((one) => one.getAttribute('name') ?? one.id);
          // One may look around.
          if (name !== 'search') assert.equal(await control.isDisabled(), true, name);
        }
      }
    }
    const test = other.getByRole('button', { name: 'Test connection' });
    assert.equal(await test.isDisabled(), true);
    assert.deepEqual(other.problems, []);
    await other.context().close();
  });

  it('shows neither link nor page nor data to those without the permission', async () => {
    await app.addAdmin('nobody', [{ action: 'admin::webhooks.read', subject: null }]);
    const other = await app.enter(browser, { admin: 'nobody' });
    const requests = countRequests(other, /^\/io\/(settings|content-types|roles)/);
    await other.goto(`${app.url}/admin/settings/io/settings`);
    await other.getByText(/don.t have the permissions/i).waitFor();
    assert.equal(await other.locator('a[href*="/settings/io/"]').count(), 0);
    assert.equal(requests.count, 0);
    assert.deepEqual(other.problems, []);
    await other.context().close();
  });

  it('can be asked again when it could not be loaded', async () => {
    const page = await app.enter(browser, { at: '/settings' });
    await openSettings(app, page);
    await page.locator('a[href="/admin/settings/webhooks"]').click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    await app.stop();
    const menu = page.getByRole('navigation', { name: 'Settings' });
    await menu.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByText('The settings could not be loaded.').waitFor();
    await app.resume();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('tablist').waitFor();
    await page.context().close();
  });

  it('asks once, and not again while nobody does anything', async () => {
    const idle = await app.enter(browser, { at: '/settings' });
    await idle.clock.install();
    const requests = countRequests(idle, /^\/io\//);
    await openSettings(app, idle);
    assert.equal(requests.count, 3);
    for (const section of SECTIONS) await idle.getByRole('tab', { name: section }).click();
    await idle.clock.runFor('10:00');
    await idle.waitForLoadState('networkidle');
    assert.equal(requests.count, 3);
    await idle.context().close();
  });

  it('fits into a narrow window', async () => {
    const narrow = await app.enter(browser, { viewport: { width: 360, height: 740 } });
    const settings = await openSettings(app, narrow);
    for (const section of SECTIONS) {
      await settings.show(section);
      await narrow.getByRole('tabpanel', { name: section }).waitFor();
      assert.equal(await excessWidth(narrow), 0, section);
    }
    assert.deepEqual(narrow.problems, []);
    await narrow.context().close();
  });

  for (const [locale, save] of [
    ['en', 'Save'],
    ['de', 'Speichern'],
    ['es', 'Guardar'],
    ['fr', 'Enregistrer'],
    ['pt', 'Guardar'],
  ]) {
    it(`speaks ${locale}, in light and in dark`, async () => {
      const theme = locale === 'en' ? 'light' : 'dark';
      const other = await app.enter(browser, { locale, theme, at: '/settings/io/settings' });
      await other.getByRole('button', { name: save, exact: true }).waitFor();
      const tabs = await other.getByRole('tab').all();
      assert.equal(tabs.length, SECTIONS.length);
      for (const tab of tabs) {
        await tab.click();
        const text = await other.getByRole('tabpanel').innerText();
        assert.doesNotMatch(text, /settings\.|\{\w+\}/);
      }
      assert.deepEqual(other.problems, []);
      await other.context().close();
    });
  }
});
