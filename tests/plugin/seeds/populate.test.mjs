// README, "Populate Configuration": every format, in one file.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const uid = (name) => `api::${name}.${name}`;
const TYPES = ['article', 'author', 'category', 'tag', 'post', 'comment', 'product', 'customer'];

describe('documentation: populate', { timeout: 300_000 }, () => {
  let app;
  let client;
  let author;

  const make = (name, data, status) => app.strapi.documents(uid(name)).create({ data, status });
  const told = async (event) => {
    await app.flush(client);
    return client.take().find(({ event: name }) => name === event).data;
  };

  before(async () => {
    app = await bootDocumented(inConfig(await example('populate.js')));
    for (const name of [...TYPES, 'order', 'log']) await app.grant('public', uid(name), 'find');
    client = await connect(app.url);
    author = await make('author', { name: 'jane' });
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  it('all relations with wildcard, one level deep', async () => {
    const category = await make('category', { name: 'news' });
    const tags = [await make('tag', { name: 'one' }), await make('tag', { name: 'two' })];
    const { documentId } = await make(
      'article',
      {
        title: 'a',
        author: author.documentId,
        category: category.documentId,
        tags: tags.map((tag) => tag.documentId),
      },
      'published',
    );
    const created = await told('article:create');
    assert.deepEqual(
      [created.author.name, created.category.name, created.tags.map(({ name }) => name)],
      ['jane', 'news', ['one', 'two']],
    );
    const articles = app.strapi.documents(uid('article'));
    await articles.update({ documentId, data: { title: 'b' }, status: 'published' });
    const updated = await told('article:update');
    assert.deepEqual([updated.title, updated.author.name], ['b', 'jane']);
    await articles.delete({ documentId });
    const deleted = await told('article:delete');
    assert.deepEqual(Object.keys(deleted).sort(), ['documentId', 'id'], 'the entity is gone');
    assert.equal(deleted.documentId, documentId);
  });

  it('specific relations only', async () => {
    const post = await make('post', { title: 'p' });
    const article = await make('article', { title: 'c' }, 'published');
    await make('comment', {
      text: 'b',
      author: author.documentId,
      post: post.documentId,
      article: article.documentId,
    });
    const data = await told('comment:create');
    assert.deepEqual([data.author.name, data.post.title], ['jane', 'p']);
    assert.ok(!('article' in data));
  });

  it('Strapi populate syntax with field selection', async () => {
    const product = await make('product', { name: 'tea', price: 3 });
    const customer = await make('customer', { name: 'John', username: 'j', email: 'j@x.org' });
    await make('order', {
      number: 7,
      customer: customer.documentId,
      items: [{ quantity: 2, product: product.documentId }],
    });
    const data = await told('order:create');
    assert.deepEqual([data.customer.username, data.customer.email], ['j', 'j@x.org']);
    assert.ok(!('name' in data.customer));
    const [{ quantity, product: item }] = data.items;
    assert.deepEqual([quantity, item.name, item.price], [2, 'tea', 3]);
    assert.ok(!('createdAt' in item), 'the fields that are named, and the ids');
  });

  it('no populate: base fields only', async () => {
    const article = await make('article', { title: 'd' }, 'published');
    await make('log', { text: 'l', article: article.documentId });
    const data = await told('log:create');
    assert.equal(data.text, 'l');
    assert.ok(!('article' in data));
  });
});
