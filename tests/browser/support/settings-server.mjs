// The server behind the settings page: what a test does there, and clients that see what it obeys.
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { DEFAULT_SETTINGS } from '../../../dist/shared/default-settings.js';
import { connect } from '../../plugin/support/client.mjs';
import { LIMIT } from './app.mjs';
import { usePlayground } from './suite.mjs';

export const ARTICLE = 'api::article.article';
export const AUTHOR = 'api::author.author';

/** `playground()` gives the application, once it is there. */
function settingsServer(playground) {
  const clients = [];
  let sentinels = 0;

  const store = (patch) =>
    playground().run(
      ({ strapi }, patch) => strapi.plugin('io').service('settings').update(patch),
      patch,
    );

  const join = async (options) => {
    const client = await connect(playground().url, options);
    clients.push(client);
    return client;
  };

  /** Options of a client that is logged in as the playground's user. */
  const asUser = async () => {
    const token = await playground().run(async ({ strapi }) => {
      const user = await strapi.db.query('plugin::users-permissions.user').findOne();
      return strapi.plugin('users-permissions').service('jwt').issue({ id: user.id });
    });
    return { auth: { strategy: 'jwt', token } };
  };

  const create = (uid, data) =>
    playground().run(
      async ({ strapi }, uid, data) => (await strapi.documents(uid).create({ data })).documentId,
      uid,
      data,
    );

  /** After this, a client has received all there was for it. */
  const flush = async (...receivers) => {
    sentinels += 1;
    const name = `sentinel:${sentinels}`;
    const seen = receivers.map((client) => client.next(name));
    await playground().run(async ({ strapi }, event) => {
      await strapi.plugin('io').service('changes').idle();
      await strapi.$io.raw({ event });
    }, name);
    await Promise.all(seen);
  };

  const subscribe = (client, uid, id) => client.ask('subscribe-entity', { uid, id });

  /** Until nobody is connected any more, the panel's own sockets included. */
  const alone = async () => {
    const connections = () => playground().run(({ strapi }) => strapi.$io.getMetrics().connections);
    const deadline = Date.now() + LIMIT;
    while ((await connections()) > 0) {
      assert.ok(Date.now() < deadline, 'somebody stays connected');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  /** All clients that joined go. */
  const leave = () => clients.splice(0).forEach((client) => client.close());

  return { store, join, asUser, create, flush, subscribe, alone, leave };
}

/**
 * A suite in which a person changes settings, all of which may be changed: `started({ app, page })` is told before
 * its tests. Each test begins with the defaults, two types watched and nobody connected.
 */
export function useSettingsPage(started) {
  let app;
  let browser;
  let page;
  const server = settingsServer(() => app);
  // Before the application ends.
  after(server.leave);
  usePlayground((begun) => ({ app, browser } = begun), { contentTypes: [] });
  before(async () => {
    page = await app.enter(browser);
    started({ app, page });
  });
  beforeEach(async () => {
    server.leave();
    await server.store({
      ...DEFAULT_SETTINGS,
      contentTypes: {
        [ARTICLE]: { create: true, update: true, delete: true },
        [AUTHOR]: { create: true },
      },
    });
    page.problems.length = 0;
  });
  return { ...server, noProblems: () => assert.deepEqual(page.problems, []) };
}
