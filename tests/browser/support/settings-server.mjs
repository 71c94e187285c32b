// The server behind the settings page: what a test does there, and clients that see what it obeys.
import assert from 'node:assert/strict';
import { connect } from '../../plugin/support/client.mjs';
import { LIMIT } from './app.mjs';

/** `playground()` gives the application, once it is there. */
export function settingsServer(playground) {
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
