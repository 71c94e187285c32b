import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../plugin/support/client.mjs';
import { withoutChromium } from '../support/browser.mjs';
import { excessWidth } from './support/layout.mjs';
import {
  MONITORING,
  connectMany,
  connectUser,
  createArticles,
  enterMonitoring,
  figure,
  figureIs,
  isLive,
  openTab,
  rows,
} from './support/monitoring.mjs';
import { countRequests } from './support/problems.mjs';
import { usePlayground } from './support/suite.mjs';

describe('the monitoring page', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;

  const visit = usePlayground((started) => ({ app, browser } = started));

  const enter = (t, options) => enterMonitoring(visit, t, options);

  it('shows who connects, and with what, as it happens', async (t) => {
    const page = await enter(t);
    await figureIs(page, 'Connections', 0);
    await rows(page).filter({ hasText: 'This tab' }).filter({ hasText: 'Admin' }).waitFor();

    const user = await connectUser(app.url);
    const guest = await connect(app.url, { transports: ['polling'] });
    t.after(() => [user, guest].forEach(({ close }) => close()));
    await figureIs(page, 'Connections', 2);
    const article = await app.run(({ strapi }) =>
      strapi.documents('api::article.article').create({ data: { title: 'Watched' } }),
    );
    const longName = `a-room-${'with-a-long-name-'.repeat(5)}`;
    for (const room of ['alpha', 'beta', longName]) {
      assert.equal((await user.ask('join-room', room)).success, true);
    }
    await user.ask('subscribe-entity', { uid: 'api::article.article', id: article.documentId });
    await figureIs(page, 'Entity subscriptions', 1);

    const userRow = rows(page).filter({ hasText: user.socket.id });
    await userRow.filter({ hasText: 'User' }).filter({ hasText: 'WebSocket' }).waitFor();
    await userRow.filter({ hasText: 'Authenticated' }).filter({ hasText: '+' }).waitFor();
    await userRow.filter({ hasText: '127.0.0.1' }).waitFor();
    await rows(page).filter({ hasText: guest.socket.id }).filter({ hasText: 'Polling' }).waitFor();

    await userRow.getByRole('button', { name: /^Details of/ }).click();
    await page.getByText(`api::article.article:${article.documentId}`).first().waitFor();
    await page.getByText(longName).first().waitFor();

    await openTab(page, /^Rooms/);
    await rows(page).filter({ hasText: 'alpha' }).getByText('1', { exact: true }).waitFor();
    await openTab(page, /^Entity subscriptions/);
    await rows(page)
      .filter({ hasText: 'api::article.article' })
      .getByText('1', { exact: true })
      .waitFor();

    user.close();
    guest.close();
    await figureIs(page, 'Connections', 0);
    await page.getByText('Nobody has subscribed to single entries.').waitFor();
    await openTab(page, /^Rooms/);
    await page.getByText('There are no rooms.').waitFor();
    assert.deepEqual(page.problems, []);
  });

  it('draws the events of the last minutes, to be looked at by pointer and keys', async (t) => {
    const page = await enter(t);
    // What nobody would receive is not sent.
    const client = await connect(app.url);
    t.after(client.close);
    await createArticles(app, 12);
    const types = page.getByRole('region', { name: 'Events by type' });
    await types
      .getByRole('listitem')
      .filter({ hasText: /create\s*1[2-9]/ })
      .waitFor();
    await figure(page, 'Events in total')
      .filter({ hasText: /^[1-9]\d/ })
      .waitFor();

    const chart = page.getByRole('slider', { name: /^Events per second.*peak [1-9]/ });
    await chart.focus();
    await page.keyboard.press('Home');
    const first = Number(await chart.getAttribute('aria-valuenow'));
    assert.equal(first, Number(await chart.getAttribute('aria-valuemin')));
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await chart.getAttribute('aria-valuenow'), '-1');
    assert.match(await chart.getAttribute('aria-valuetext'), /^\d+ events?, 1 second ago$/);

    await chart.hover({ position: { x: 5, y: 20 } });
    assert.equal(await chart.getAttribute('aria-valuetext'), 'Not yet counted');
    await page.getByText('Not yet counted').waitFor();
    assert.deepEqual(page.problems, []);
  });

  it('stays usable with several hundred connections: search and pages', async (t) => {
    const page = await enter(t);
    const clients = await connectMany(app.url, 300, 'crowd');
    t.after(() => clients.forEach(({ close }) => close()));
    await figureIs(page, 'Connections', 300);
    await page.getByText('301 found').waitFor();
    assert.equal(await rows(page).count(), 20);

    // Who came first is on the first page.
    const own = rows(page).filter({ hasText: 'This tab' });
    await own.waitFor();
    await page.getByRole('link', { name: 'Go to page 2' }).click();
    await own.waitFor({ state: 'detached' });
    assert.equal(await rows(page).count(), 20);

    const search = page.getByRole('searchbox', { name: /Search by name/ });
    await search.fill('CROWD-17');
    await page.getByText('11 found').waitFor();
    assert.equal(await rows(page).count(), 11);
    await search.fill(clients[42].socket.id);
    await page.getByText('1 found', { exact: true }).waitFor();
    await rows(page).filter({ hasText: 'crowd-42' }).waitFor();
    await search.fill('nowhere to be found');
    await page.getByText('Nothing matches “nowhere to be found”.').waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await page.getByText('301 found').waitFor();

    await page.getByRole('combobox', { name: 'Entries per page' }).click();
    await page.getByRole('option', { name: '100' }).click();
    await rows(page).nth(99).waitFor();
    await page.getByRole('link', { name: 'Go to page 4' }).click();
    await rows(page).nth(1).waitFor({ state: 'detached' });
    await rows(page).filter({ hasText: 'crowd-' }).waitFor();

    // The page one looks at is no more.
    clients.slice(150).forEach(({ close }) => close());
    await page.getByText('151 found').waitFor();
    await rows(page).nth(50).waitFor();
    assert.match(page.url(), /[?&]page=2(&|$)/);

    await openTab(page, /^Rooms/);
    await page.getByRole('searchbox', { name: 'Search rooms' }).fill('crowd-14');
    await page.getByText('11 found').waitFor();
    clients.forEach(({ close }) => close());
    await figureIs(page, 'Connections', 0);
    assert.deepEqual(page.problems, []);
  });

  it('asks nothing over REST while it is live', async (t) => {
    const page = await app.enter(browser, { at: '/settings' });
    t.after(() => page.context().close());
    const connection = page.waitForEvent('websocket');
    await page.goto(`${app.url}/admin${MONITORING}`);
    const socket = await connection;
    await isLive(page);
    await rows(page).first().waitFor();
    const requests = countRequests(page, /^\/(io|admin)\//);
    // The figures come each second.
    for (let seconds = 0; seconds < 8; seconds += 1) {
      await socket.waitForEvent('framereceived', ({ payload }) =>
        String(payload).includes('"monitoring:stats"'),
      );
    }
    assert.equal(requests.count, 0);
    assert.deepEqual(page.problems, []);
  });

  for (const theme of ['light', 'dark']) {
    it(`fits a narrow window, ${theme}`, async (t) => {
      const page = await enter(t, { theme, viewport: { width: 360, height: 800 } });
      await rows(page).filter({ hasText: 'This tab' }).waitFor();
      assert.equal(await excessWidth(page), 0);
      assert.deepEqual(page.problems, []);
    });
  }
});
