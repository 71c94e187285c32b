import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutChromium } from '../support/browser.mjs';
import { usePlayground } from './support/suite.mjs';

describe('the admin panel', { timeout: 120_000, skip: withoutChromium() }, () => {
  let app;
  let browser;

  usePlayground((started) => ({ app, browser } = started));

  it('has two pages under Settings', async () => {
    const page = await app.enter(browser, { at: '/settings' });
    for (const name of ['Settings', 'Monitoring']) {
      const path = `/admin/settings/io/${name.toLowerCase()}`;
      await page.locator(`a[href="${path}"]`).click();
      await page.waitForURL(`**${path}`);
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  for (const [locale, settings] of [
    ['de', 'Einstellungen'],
    ['es', 'Configuración'],
    ['fr', 'Paramètres'],
    ['pt', 'Configurações'],
  ]) {
    it(`speaks ${locale}`, async () => {
      const page = await app.enter(browser, { at: '/settings/io/settings', locale });
      await page.getByRole('heading', { level: 1, name: settings }).waitFor();
      await page.context().close();
    });
  }

  it('shows neither pages nor links to an admin without permission', async () => {
    await app.addAdmin('nobody', [
      { action: 'admin::webhooks.read', subject: null },
      { action: 'admin::webhooks.create', subject: null },
    ]);
    const page = await app.enter(browser, { admin: 'nobody', at: '/settings' });
    await page.locator('a[href="/admin/settings/webhooks"]').waitFor();
    assert.equal(await page.locator('a[href*="/settings/io/"]').count(), 0);
    for (const name of ['settings', 'monitoring']) {
      await page.goto(`${app.url}/admin/settings/io/${name}`);
      await page.getByText(/don.t have the permissions/i).waitFor();
    }
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
});
