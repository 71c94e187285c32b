import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { focused } from './support/layout.mjs';
import { connectUser, enterMonitoring, figureIs, openTab, rows } from './support/monitoring.mjs';
import { usePlayground } from './support/suite.mjs';

describe(
  'what one does on the monitoring page',
  { timeout: 300_000, skip: withoutChromium() },
  () => {
    let app;

    const visit = usePlayground((started) => ({ app } = started));

    const enter = (t, options) => enterMonitoring(visit, t, options);
    const log = (type, count = 1) =>
      app.run(
        ({ strapi }, type, count) => {
          const { logEvent } = strapi.plugin('io').service('monitoring');
          for (let number = 1; number <= count; number += 1) logEvent(type, { number });
        },
        type,
        count,
      );
    const logList = (page) => page.getByRole('list', { name: 'Event log' });
    const entries = (page, type) => logList(page).getByRole('listitem').filter({ hasText: type });

    it('disconnects a client, who is told why', async (t) => {
      const page = await enter(t);
      const client = await connectUser(app.url);
      t.after(client.close);
      const row = rows(page).filter({ hasText: client.socket.id });
      const button = row.getByRole('button', { name: /^Disconnect/ });
      await button.click();
      const dialog = page.getByRole('alertdialog', { name: 'Disconnect client' });
      await dialog.getByText(client.socket.id).waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.equal(client.socket.connected, true);

      // By keyboard, from where one was.
      await focused(page, button);
      await page.keyboard.press('Enter');
      await dialog.getByLabel('Reason (optional)').fill('Out of office');
      await dialog.getByRole('button', { name: 'Disconnect' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('Client disconnected').waitFor();
      assert.equal(await client.disconnected(), 'io server disconnect');
      const told = client.received.find(({ event }) => event === 'io:disconnected');
      assert.deepEqual(told.data, { reason: 'Out of office' });
      await row.waitFor({ state: 'detached' });
      await figureIs(page, 'Connections', 0);
      // Not oneself.
      assert.equal(await page.getByRole('button', { name: /^Disconnect/ }).count(), 0);

      await openTab(page, 'Event log');
      await entries(page, 'forced-disconnect').filter({ hasText: 'Out of office' }).waitFor();
      assert.deepEqual(page.problems, []);
    });

    it('sends a test event to every client, once name and data are right', async (t) => {
      const page = await enter(t);
      const clients = [await connect(app.url), await connectUser(app.url)];
      t.after(() => clients.forEach(({ close }) => close()));

      await page.getByRole('button', { name: 'Send test event' }).click();
      const dialog = page.getByRole('dialog', { name: 'Send test event' });
      const name = dialog.getByLabel('Event name');
      const data = dialog.getByLabel('Data (JSON)');
      const send = dialog.getByRole('button', { name: 'Send', exact: true });

      await data.focus();
      await page.keyboard.press('Tab');
      await focused(page, dialog.getByRole('button', { name: 'Close' }).last());

      await name.fill(' ');
      await data.fill('[1, 2]');
      await send.click();
      await dialog.getByText('Enter a name.').waitFor();
      await dialog.getByText(/^This is not a JSON object/).waitFor();
      await name.fill('disconnect');
      await data.fill('{"answer": 42, "password": "secret"}');
      await send.click();
      await dialog.getByText(/a name that Socket.IO keeps for itself/).waitFor();

      await name.fill('hello');
      await dialog.getByText(/^Clients receive it as “io:test:hello”/).waitFor();
      const received = Promise.all(clients.map(({ next }) => next('io:test:hello')));
      await send.click();
      await dialog.getByText('“hello” was sent to 2 clients.').waitFor();
      for (const event of await received) {
        assert.equal(event.answer, 42);
        assert.equal(event.test, true);
        assert.equal('password' in event, false);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      // The browser says that a request was refused.
      assert.deepEqual(
        page.problems.filter((problem) => !problem.includes('400')),
        [],
      );
    });

    it('resets the statistics, once it is confirmed', async (t) => {
      const page = await enter(t);
      await log('noise', 50);
      await openTab(page, 'Event log');
      await entries(page, 'noise').first().waitFor();
      const chart = page.getByRole('slider');

      await page.getByRole('button', { name: 'Reset statistics' }).click();
      const dialog = page.getByRole('alertdialog', { name: 'Reset statistics' });
      await dialog.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText('Statistics reset').waitFor();
      await figureIs(page, 'Events in total', 0);
      await page.getByText('Nothing has been logged.').waitFor();
      await page.getByText('No events since the last reset.').waitFor();
      assert.match(await chart.getAttribute('aria-label'), /peak 0/);
      assert.deepEqual(page.problems, []);
    });

    it('shows the log as it grows: unfolded, filtered, paused', async (t) => {
      const page = await enter(t);
      await openTab(page, 'Event log');
      await log('first-kind');
      await log('second-kind', 2);
      await entries(page, 'second-kind').nth(1).waitFor();
      // Newest first.
      await logList(page)
        .getByRole('listitem')
        .first()
        .filter({ hasText: '{"number":2}' })
        .waitFor();

      const entry = entries(page, 'first-kind');
      await entry.locator('summary').focus();
      await page.keyboard.press('Enter');
      await entry.getByText('"number": 1').waitFor();

      const filter = page.getByRole('combobox', { name: 'Filter by type' });
      await filter.click();
      await page.getByRole('option', { name: 'first-kind' }).click();
      await entries(page, 'second-kind').first().waitFor({ state: 'detached' });
      assert.equal(await logList(page).getByRole('listitem').count(), 1);
      await page.getByRole('button', { name: 'All types' }).click();
      await entries(page, 'second-kind').nth(1).waitFor();

      await page.getByRole('button', { name: 'Pause' }).click();
      await log('later', 3);
      await page.getByText('Paused. 3 new entries so far.').waitFor();
      assert.equal(await entries(page, 'later').count(), 0);
      await page.getByRole('button', { name: 'Resume' }).click();
      await entries(page, 'later').nth(2).waitFor();
      assert.deepEqual(page.problems, []);
    });

    it('says what is missing of the log, and keeps no more than 500 entries', async (t) => {
      await app.run(({ strapi }) =>
        strapi
          .plugin('io')
          .service('settings')
          .update({ monitoring: { maxEventLogSize: 1000 } }),
      );
      const page = await enter(t);
      await openTab(page, 'Event log');
      await log('burst', 350);
      await page.getByText(/^\d+ entries are missing here/).waitFor();
      for (let wave = 1; wave <= 5; wave += 1) {
        await log(`wave-${wave}`, 99);
        await entries(page, `wave-${wave}`).first().waitFor();
      }
      await page.getByText('Only the latest 500 entries are kept here.').waitFor();
      assert.equal(await logList(page).getByRole('listitem').count(), 500);
      assert.deepEqual(page.problems, []);
    });
  },
);
