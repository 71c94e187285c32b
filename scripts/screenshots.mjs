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

/** As small as it gets without losing a colour: the dot that says "live" is few pixels of its own. */
async function save(page, name) {
  // Fonts, images and the panel's own transitions.
  await page.waitForLoadState('networkidle');
  const png = await page.screenshot({ animations: 'disabled' });
  await sharp(png)
    .png({ compressionLevel: 9, effort: 10 })
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
      reconnection: false,
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
  setInterval(() => {
    const title = `News at ${new Date().toLocaleTimeString('en')}`;
    fetch(`${app.url}/api/articles`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ data: { title } }),
      // The server ends before the last answer.
    }).catch(() => {});
  }, 400).unref();
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
  await bringToLife(app);
  // A chart of nothing shows nothing.
  await new Promise((resolve) => setTimeout(resolve, 45_000));

  for (const theme of ['light', 'dark']) {
    const page = await app.enter(browser, { theme, viewport });
    const go = (at) => page.goto(`${app.url}/admin${at}`);
    // Strapi's own news of the day.
    await page.getByRole('button', { name: /close/i }).first().click();

    const widget = page.getByRole('heading', { name: 'Who’s Online' });
    await widget.waitFor();
    await widget.evaluate((element) => element.scrollIntoView());
    await save(page, `widgets-${theme}`);

    await go('/settings/io/settings');
    await page.getByRole('tab', { name: 'General' }).waitFor();
    await save(page, `settings-${theme}`);

    await page.setViewportSize({ ...viewport, height: 1180 });
    await go('/settings/io/monitoring');
    await page.getByRole('row').nth(5).waitFor();
    await save(page, `monitoring-${theme}`);

    await page.setViewportSize(viewport);
    await go(entry);
    await Promise.all([grace, alan].map((other) => other.goto(`${app.url}/admin${entry}`)));
    await page.getByText('Grace Hopper').first().waitFor();
    await page.getByText('Alan Turing').first().waitFor();
    await grace.getByLabel('title').pressSequentially('…', { delay: 100 });
    await page
      .getByText(/typing in/i)
      .first()
      .waitFor();
    await save(page, `presence-${theme}`);
    await page.context().close();
    await Promise.all([grace, alan].map((other) => other.goto(`${app.url}/admin/`)));
  }
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
