// `npm run screenshots`: the pictures in docs/images, of the playground's real admin panel with real clients and admins.
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { io } from 'socket.io-client';
import { launchBrowser } from '../tests/support/browser.mjs';
import { startPlayground } from '../tests/browser/support/app.mjs';
import { adminPanel, setup } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { main, step } from './lib/log.mjs';
import { root } from './lib/paths.mjs';

const folder = path.join(root, 'docs/images');
const viewport = { width: 1280, height: 860 };
const ARTICLE = 'api::article.article';

/** A picture of few colours: a fraction of the size, and nobody sees the difference. */
async function save(page, name) {
  // Fonts, images and the panel's own transitions.
  await page.waitForLoadState('networkidle');
  const png = await page.screenshot({ animations: 'disabled' });
  await sharp(png)
    .png({ palette: true, colours: 128, effort: 10 })
    .toFile(path.join(folder, `${name}.png`));
}

/** Clients of the public and of a user, some of them in rooms, and a change to look at now and then. */
async function bringToLife(app) {
  const { jwt } = await app.run(async ({ strapi }) => {
    const user = await strapi.db.query('plugin::users-permissions.user').findOne({ where: {} });
    return { jwt: await strapi.plugin('users-permissions').service('jwt').issue({ id: user.id }) };
  });
  const clients = Array.from({ length: 24 }, (_, index) =>
    io(app.url, {
      forceNew: true,
      transports: [index % 4 === 3 ? 'polling' : 'websocket'],
      auth: index % 3 === 0 ? { strategy: 'jwt', token: jwt } : {},
    }),
  );
  await Promise.all(
    clients.map((client, index) =>
      client
        .timeout(10_000)
        .emitWithAck('join-room', ['lobby', 'news', 'support'][index % 3])
        .then(() => client.emitWithAck('subscribe-entity', { uid: ARTICLE, id: 1 + (index % 2) })),
    ),
  );
  const changes = setInterval(() => {
    const title = `News at ${new Date().toLocaleTimeString('en')}`;
    void fetch(`${app.url}/api/articles`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ data: { title } }),
    });
  }, 400);
  return () => {
    clearInterval(changes);
    for (const client of clients) client.disconnect();
  };
}

/** Who else works in the panel: admins with names, each in a page of their own. */
async function bringAdmins(app, browser) {
  const people = [
    ['grace', 'Grace', 'Hopper'],
    ['alan', 'Alan', 'Turing'],
  ];
  for (const [login, firstname, lastname] of people) {
    const id = await app.addAdmin(login);
    await app.run(
      ({ strapi }, id, data) => strapi.db.query('admin::user').update({ where: { id }, data }),
      id,
      { firstname, lastname },
    );
  }
  return Promise.all(people.map(([admin]) => app.enter(browser, { admin, at: '/' })));
}

async function takeAll(app, browser) {
  const { documentId } = await app.run(
    ({ strapi }, uid) => strapi.documents(uid).findFirst({}),
    ARTICLE,
  );
  const entry = `/content-manager/collection-types/${ARTICLE}/${documentId}`;
  const [grace, alan] = await bringAdmins(app, browser);
  const quiet = await bringToLife(app);
  // A chart of nothing shows nothing.
  await new Promise((resolve) => setTimeout(resolve, 45_000));

  for (const theme of ['light', 'dark']) {
    const page = await app.enter(browser, { theme, viewport });
    const go = (at) => page.goto(`${app.url}/admin${at}`);

    await page.getByText('Socket.IO').first().waitFor();
    await save(page, `widgets-${theme}`);

    await go('/settings/io/settings');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await save(page, `settings-${theme}`);

    await go('/settings/io/monitoring');
    await page.getByRole('table').first().waitFor();
    await page.waitForTimeout(3_000);
    await save(page, `monitoring-${theme}`);

    await go(entry);
    await Promise.all([grace, alan].map((other) => other.goto(`${app.url}/admin${entry}`)));
    await page.getByText('Grace Hopper').first().waitFor();
    await page.getByText('Alan Turing').first().waitFor();
    await grace.getByLabel('title').pressSequentially('…', { delay: 100 });
    await page
      .getByText(/typing/i)
      .first()
      .waitFor();
    await save(page, `presence-${theme}`);
    await page.context().close();
    await Promise.all([grace, alan].map((other) => other.goto(`${app.url}/admin/`)));
  }
  quiet();
}

await main(async () => {
  await setup({ profile: 'release' });
  await step('build the admin panel (once)', adminPanel);
  Object.assign(process.env, await ensureChromium());
  fs.mkdirSync(folder, { recursive: true });
  await step('take the pictures', async () => {
    const app = await startPlayground();
    const browser = await launchBrowser();
    try {
      await takeAll(app, browser);
    } finally {
      await browser.close();
      await app.close();
    }
    return `${fs.readdirSync(folder).length} files in docs/images`;
  });
});
