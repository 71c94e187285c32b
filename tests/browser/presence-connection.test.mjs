// The connection of the admin panel, seen through the presence panel: it comes back by itself.
/* global document */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { withoutChromium } from '../support/browser.mjs';
import { LIMIT, PASSWORD } from './support/app.mjs';
import { ARTICLE, articlePath, presencePanel, SOON } from './support/presence.mjs';
import { countRequests } from './support/problems.mjs';
import { usePlayground } from './support/suite.mjs';

const SESSION = /^\/io\/presence\/session$/;
const SESSION_URL = '**/io/presence/session';

/** What browsers say of a server that is away. */
const isAway = (problem) => /ERR_CONNECTION_REFUSED|WebSocket connection/.test(problem);

const storedToken = (page) =>
  page.evaluate(() => JSON.parse(localStorage.getItem('strapi-io-session') ?? 'null')?.token);

describe('the connection of the admin panel', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;
  let ada;
  let bob;
  let path;

  const open = (page, path) => page.goto(`${app.url}${path}`);

  /** Both are there, and aware of each other. */
  const together = () =>
    Promise.all([
      presencePanel(ada).others(['bob Admin']),
      presencePanel(bob).others(['ada Admin']),
    ]);

  /** Ends all connections; resolves when ada's tab has opened the next one. */
  const interrupt = async () => {
    const next = ada.waitForEvent('websocket', (socket) => socket.url().includes('/socket.io/'));
    await app.run(({ strapi }) => void strapi.$io.server.disconnectSockets(true));
    await next;
  };

  const setEnabled = (enabled) =>
    app.run(
      ({ strapi }, enabled) =>
        strapi.plugin('io').service('settings').update({ presence: { enabled } }),
      enabled,
    );

  usePlayground((started) => ({ app, browser } = started), {
    presence: { sessionTTL: 8_000, refreshCooldown: 500 },
  });
  before(async () => {
    for (const name of ['ada', 'bob']) await app.addAdmin(name);
    const id = await app.run(
      async ({ strapi }, uid) =>
        (await strapi.documents(uid).create({ data: { title: 'Shared' } })).documentId,
      ARTICLE,
    );
    path = articlePath(id);
    [ada, bob] = await Promise.all([
      app.enter(browser, { admin: 'ada' }),
      app.enter(browser, { admin: 'bob' }),
    ]);
    await Promise.all([open(ada, path), open(bob, path)]);
  });

  it('renews its token over the live connection, and needs no request for the next one', async () => {
    await together();
    const asked = countRequests(ada, SESSION);
    const token = await storedToken(ada);
    await ada.waitForFunction(
      (old) => JSON.parse(localStorage.getItem('strapi-io-session'))?.token !== old,
      token,
    );
    assert.equal(asked.count, 0, 'a live connection needs no request for a token');
    await interrupt();
    assert.equal(asked.count, 0, 'the renewed token is good for the next connection');
    await together();
  });

  it('asks for a token once when the one it has is due for renewal', async () => {
    const asked = countRequests(ada, SESSION);
    await ada.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('strapi-io-session'));
      localStorage.setItem('strapi-io-session', JSON.stringify({ ...session, refreshAfter: 0 }));
    });
    await interrupt();
    assert.equal(asked.count, 1);
    await together();
  });

  it('comes back when another admin has ended it', async () => {
    const token = await storedToken(ada);
    await app.run(async ({ strapi }) => {
      const ada = await strapi.db
        .query('admin::user')
        .findOne({ where: { email: 'ada@example.com' } });
      await strapi.plugin('io').service('admin-sessions').invalidate(ada.id);
    });
    await presencePanel(bob).alone();
    await together();
    assert.notEqual(await storedToken(ada), token);
  });

  it('comes back after a restart of the server', async () => {
    assert.deepEqual([ada.problems, bob.problems], [[], []]);
    const asked = countRequests(ada, SESSION);
    await app.stop();
    await presencePanel(ada)
      .panel.getByText(/^Offline/)
      .waitFor();
    await app.resume();
    await together();
    assert.ok(asked.count < 15, `${asked.count} requests`);
    await ada.getByRole('textbox', { name: 'title' }).pressSequentially('x');
    await presencePanel(bob).typing('ada Admin', 'title');
    for (const { problems } of [ada, bob]) {
      assert.deepEqual(
        problems.splice(0).filter((problem) => !isAway(problem)),
        [],
      );
    }
  });

  it('stays without the panel while presence is switched off', async () => {
    await setEnabled(false);
    await Promise.all([presencePanel(ada).gone(), presencePanel(bob).gone()]);
    await bob.clock.install();
    const refused = bob
      .waitForEvent('websocket', (socket) => socket.url().includes('/socket.io/'))
      .then((socket) =>
        socket.waitForEvent('framereceived', ({ payload }) => /switched off/.test(payload)),
      );
    await open(bob, path);
    await refused;
    await presencePanel(bob).gone();
    await setEnabled(true);
    // One tab joins with its next heartbeat, the other as somebody looks at it again.
    await bob.clock.runFor(30_000);
    await presencePanel(bob).alone();
    await ada.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await together();
    assert.deepEqual([ada.problems, bob.problems], [[], []]);
  });

  it('ends with the login, and is not taken over by the next admin', async () => {
    const old = await storedToken(bob);
    await bob.getByRole('button', { name: /bob Admin/ }).click();
    await bob.getByRole('menuitem', { name: /log ?out/i }).click();
    await bob.waitForURL('**/auth/login**');
    await presencePanel(ada).alone(SOON);
    assert.equal(await storedToken(bob), undefined);

    await app.addAdmin('eve');
    await bob.locator('input[name=email]').fill('eve@example.com');
    await bob.locator('input[name=password]').fill(PASSWORD);
    await bob.locator('button[type=submit]').click();
    await bob.waitForURL((url) => !url.pathname.includes('/auth/'));
    await open(bob, path);
    await presencePanel(ada).others(['eve Admin']);
    assert.notEqual(await storedToken(bob), old);
    // Strapi asks again with the token of the login that is over.
    bob.problems.length = 0;
  });

  it('is asked for rarely where there is none', async () => {
    const page = await app.enter(browser, { admin: 'ada' });
    await page.clock.install();
    let asked = 0;
    await page.route(SESSION_URL, (route) => {
      asked += 1;
      return route.fulfill({ status: 403, json: { error: { status: 403, message: 'Forbidden' } } });
    });
    await open(page, path);
    await presencePanel(page)
      .panel.getByText(/^Offline/)
      .waitFor();
    await page.clock.runFor(4 * 60_000);
    assert.equal(asked, 1);
    await page.clock.runFor(4 * 60_000);
    await page.waitForFunction(() => true, undefined, { timeout: LIMIT });
    assert.equal(asked, 2);
    assert.deepEqual(
      page.problems.filter((problem) => !problem.includes('403')),
      [],
    );
  });
});
