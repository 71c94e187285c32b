// README, "Configuration": basic, advanced, and by environment variables.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example } from './support/app.mjs';

const ARTICLE = 'api::article.article';
const COMMENT = 'api::comment.comment';
const ORDER = 'api::order.order';
const READABLE = ['author', 'category', 'customer', 'product', 'tag'].map(
  (name) => `api::${name}.${name}`,
);

/** Boots with a client that may read everything named here. */
async function start(t, plugins, options) {
  const app = await bootDocumented(plugins, options);
  t.after(() => app.close());
  for (const uid of [ARTICLE, COMMENT, ORDER, ...READABLE]) await app.grant('public', uid, 'find');
  const client = await connect(app.url);
  t.after(() => client.close());
  return { app, client };
}

const originOf = async ({ url }, origin) => {
  const place = `${url}/socket.io/?EIO=4&transport=polling`;
  const { headers } = await fetch(place, { headers: { origin } });
  return headers.get('access-control-allow-origin');
};

describe('documentation: configuration', { timeout: 300_000 }, () => {
  it('basic', async (t) => {
    const { app, client } = await start(t, await example('configuration-basic.js'));
    const article = await app.strapi
      .documents(ARTICLE)
      .create({ data: { title: 'a' }, status: 'published' });
    await app.strapi.documents(COMMENT).create({ data: { text: 'b' } });
    await app.strapi.documents(ORDER).create({ data: { number: 1 } });
    await app.strapi.documents(ARTICLE).delete({ documentId: article.documentId });
    await app.flush(client);
    assert.deepEqual(client.names(), ['article:create', 'comment:create', 'article:delete']);
  });

  it('advanced', async (t) => {
    const env = { CLIENT_URL: 'https://app.example.com' };
    const plugins = await example('configuration-advanced.js');
    const { app, client } = await start(t, plugins, { env });
    const { strapi } = app;
    const infos = () => app.log.filter(({ level }) => level === 'info').map(({ text }) => text);
    assert.ok(infos().includes('[Socket.IO] Server initialized'));
    assert.ok(infos().includes(`Client connected: ${client.socket.id}`));
    assert.equal(await originOf(app, env.CLIENT_URL), env.CLIENT_URL);
    const { pingTimeout, pingInterval } = strapi.$io.server.engine.opts;
    assert.deepEqual([pingTimeout, pingInterval], [60000, 25000]);

    const make = (uid, data, status) => strapi.documents(uid).create({ data, status });
    const author = await make('api::author.author', { name: 'jane', password: 'hush' });
    const article = await make(ARTICLE, { title: 'a', author: author.documentId }, 'published');
    const comment = await make(COMMENT, { text: 'b', author: author.documentId });
    const product = await make('api::product.product', { name: 'tea', price: 3 });
    const customer = await make('api::customer.customer', {
      name: 'john',
      username: 'j',
      email: 'john@example.com',
    });
    await make(ORDER, {
      number: 7,
      customer: customer.documentId,
      items: [{ quantity: 2, product: product.documentId }],
    });
    const { documentId } = comment;
    await strapi.documents(COMMENT).update({ documentId, data: { text: 'not told' } });
    await strapi.documents(COMMENT).delete({ documentId });
    await strapi.documents(ARTICLE).delete({ documentId: article.documentId });
    await app.flush(client);
    assert.deepEqual(client.names(), [
      'article:create',
      'comment:create',
      'order:create',
      'comment:delete',
    ]);
    const [created, commented, ordered] = client.received.map(({ data }) => data);
    assert.equal(created.author.name, 'jane');
    assert.ok('category' in created && 'tags' in created, 'all relations');
    assert.equal(commented.author.name, 'jane');
    assert.ok('article' in commented && !('post' in commented), 'only those that are named');
    assert.deepEqual([ordered.customer.name, ordered.customer.email], ['john', 'john@example.com']);
    assert.ok(!('username' in ordered.customer));
    assert.equal(ordered.items[0].product.name, 'tea');
    assert.ok(!JSON.stringify(client.received).includes('hush'));
  });

  it('environment variables', async (t) => {
    const lines = (await example('environment.env')).split('\n').filter((line) => /^\w/.test(line));
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)));
    assert.deepEqual(Object.keys(env), [
      'SOCKET_IO_ENABLED',
      'CLIENT_URL',
      'SOCKET_IO_CONTENT_TYPES',
    ]);
    const { app, client } = await start(t, await example('environment-config.js'), { env });
    assert.equal(await originOf(app, 'https://your-app.com'), 'https://your-app.com');
    await app.strapi.documents(COMMENT).create({ data: { text: 'b' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['comment:create']);
  });

  it('environment variables: none of them', async (t) => {
    const { app, client } = await start(t, await example('environment-config.js'));
    await app.strapi.documents(COMMENT).create({ data: { text: 'b' } });
    await app.flush(client);
    assert.deepEqual(client.names(), []);
    assert.equal(await originOf(app, 'http://localhost:3000'), 'http://localhost:3000');
  });

  it('environment variables: switched off', async (t) => {
    const env = { SOCKET_IO_ENABLED: 'false' };
    const app = await bootDocumented(await example('environment-config.js'), { env });
    t.after(() => app.close());
    assert.equal(app.strapi.plugin('io'), undefined);
    assert.equal(app.strapi.$io, undefined);
    assert.equal((await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`)).status, 404);
  });
});
