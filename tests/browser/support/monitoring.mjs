// The monitoring page as those see it who use it, and clients to be seen on it.
import { connect } from '../../plugin/support/client.mjs';
import { PASSWORD } from './app.mjs';

export const MONITORING = '/settings/io/monitoring';

/** The value of a key figure; narrow it down with `filter` to wait for it. */
export const figure = (page, label) =>
  page
    .locator('dt', { hasText: new RegExp(`^${label}$`) })
    .locator('xpath=following-sibling::dd[1]');

/** Resolves when the figure begins with this number. */
export const figureIs = (page, label, value) =>
  figure(page, label)
    .filter({ hasText: new RegExp(`^${value}(?!\\d)`) })
    .waitFor();

export const isLive = (page) => page.getByRole('status').filter({ hasText: /^Live/ }).waitFor();

export const openTab = (page, name) => page.getByRole('tab', { name }).click();

/** The rows of the table that is shown, without its head. */
export const rows = (page) => page.getByRole('rowgroup').nth(1).getByRole('row');

/** Connects as the user whom the playground makes. */
export async function connectUser(url, options = {}) {
  const response = await fetch(`${url}/api/auth/local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: 'user@example.com', password: PASSWORD }),
  });
  const { jwt } = await response.json();
  return connect(url, { auth: { token: jwt }, transports: ['websocket'], ...options });
}

/** Connects many guests, each in a room of its own: `<name>-<number>`. */
export async function connectMany(url, count, name) {
  const clients = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(25, count - clients.length) }, () =>
      connect(url, { transports: ['websocket'] }),
    );
    clients.push(...(await Promise.all(some)));
  }
  await Promise.all(clients.map(({ ask }, index) => ask('join-room', `${name}-${index}`)));
  return clients;
}

/** Creates articles, each of which is an event. */
export const createArticles = (app, count) =>
  app.run(async ({ strapi }, count) => {
    for (let number = 0; number < count; number += 1) {
      await strapi.documents('api::article.article').create({ data: { title: `News ${number}` } });
    }
  }, count);

/** The page in front of a live connection, for one test. */
export const enterMonitoring = async (visit, t, options) => {
  const page = await visit(t, { at: MONITORING, ...options });
  await isLive(page);
  return page;
};
