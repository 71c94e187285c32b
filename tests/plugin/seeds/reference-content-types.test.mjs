// Configuration reference, the skeleton of the file and `contentTypes`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';
import { openPage } from './support/page.mjs';

const uid = (name) => `api::${name}.${name}`;
const TYPES = ['article', 'author', 'category', 'tag', 'comment', 'product'];

async function start(t, plugins) {
  const app = await bootDocumented(plugins);
  t.after(() => app.close());
  for (const name of TYPES) await app.grant('public', uid(name), 'find');
  const client = await connect(app.url);
  t.after(() => client.close());
  const make = (name, data, status) => app.strapi.documents(uid(name)).create({ data, status });
  const remove = (name, documentId) => app.strapi.documents(uid(name)).delete({ documentId });
  return { app, client, make, remove };
}

describe('documentation: content types', { timeout: 300_000 }, () => {
  it('the skeleton: nothing is watched, and clients can connect', async (t) => {
    const { app, client, make } = await start(t, await example('reference-skeleton.js'));
    await make('product', { name: 'tea' });
    await app.flush(client);
    assert.deepEqual(client.names(), []);
  });

  it('by uid: all events, and what a client listens to', async (t) => {
    const { app, client, make, remove } = await start(
      t,
      inConfig(await example('reference-content-types-simple.js')),
    );
    const page = openPage(app.url);
    t.after(() => page.close());
    const heard = [];
    const socket = {
      on: (event, listener) =>
        client.socket.on(event, (data) => heard.push([event, listener(data)])),
    };
    await page.run(await example('reference-content-types-events.js'), [], { socket });
    for (const name of ['article', 'comment', 'product']) {
      const { documentId } = await make(name, {}, name === 'article' ? 'published' : undefined);
      const data = name === 'article' ? { title: 'b' } : {};
      const status = name === 'article' ? 'published' : undefined;
      await app.strapi.documents(uid(name)).update({ documentId, data, status });
      await remove(name, documentId);
    }
    await app.flush(client);
    const actions = ['create', 'update', 'delete'];
    assert.deepEqual(
      client.names(),
      ['article', 'comment', 'product'].flatMap((name) => actions.map((one) => `${name}:${one}`)),
    );
    assert.deepEqual(
      heard.map(([event]) => event),
      actions.map((one) => `article:${one}`),
    );
  });

  it('by object: actions, a prefix, relations; the later entry of a type counts', async (t) => {
    const { app, client, make, remove } = await start(
      t,
      inConfig(await example('reference-content-types-advanced.js')),
    );
    const author = await make('author', { name: 'jane' });
    const tag = await make('tag', { name: 'one' });
    const data = { title: 'a', author: author.documentId, tags: [tag.documentId] };
    const article = await make('article', data, 'published');
    const comment = await make('comment', { text: 'b' });
    const product = await make('product', { name: 'tea' });
    await remove('article', article.documentId);
    await remove('comment', comment.documentId);
    await remove('product', product.documentId);
    await app.flush(client);
    assert.deepEqual(client.names(), ['article:create', 'new-comment:create', 'product:create']);
    const [{ data: told }] = client.received;
    assert.deepEqual([told.author.name, told.tags[0].name, told.category], ['jane', 'one', null]);
  });
});
