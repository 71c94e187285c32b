import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';
const NOTE = 'api::note.note';

describe('changes made through REST', { timeout: 120_000 }, () => {
  let app;

  before(async () => {
    app = await boot({
      contentTypes: [{ uid: ARTICLE, populate: ['author'] }, NOTE],
      allowedFields: ['hashtags'],
    });
    await app.grant('public', ARTICLE, 'find', 'findOne', 'create', 'update', 'delete');
    await app.grant('authenticated', ARTICLE, 'find');
    await app.grant('authenticated', AUTHOR, 'find');
    await app.grant('authenticated', NOTE, 'findOne', 'create');
  });
  after(() => app?.close());

  const transports = [
    ['default transports', {}],
    ['websocket only', { transports: ['websocket'] }],
    ['polling only', { transports: ['polling'] }],
  ];
  for (const [name, options] of transports) {
    it(`reach a public client as one create, one update and one delete (${name})`, async (t) => {
      const client = await connect(app.url, options);
      t.after(() => client.close());

      const created = await app.rest('POST', 'articles', {
        data: {
          title: 'Hello',
          hashtags: '#a',
          internal: 'not for you',
          passcode: 'open sesame',
          upstreamApiKey: 'k-1',
        },
      });
      assert.equal(created.status, 201);
      const { documentId } = created.body.data;
      const updated = await app.rest('PUT', `articles/${documentId}`, { data: { title: 'Bye' } });
      assert.equal(updated.status, 200);
      const deleted = await app.rest('DELETE', `articles/${documentId}`);
      assert.equal(deleted.status, 204);
      await app.flush(client);

      assert.deepEqual(client.names(), ['article:create', 'article:update', 'article:delete']);
      const [create, update, remove] = client.received.map(({ data }) => data);
      const visible = { ...created.body.data };
      delete visible.upstreamApiKey;
      assert.deepEqual(create, visible);
      assert.equal(create.title, 'Hello');
      assert.equal(create.hashtags, '#a');
      for (const hidden of ['internal', 'passcode', 'upstreamApiKey', 'attributes']) {
        assert.ok(!(hidden in create), hidden);
      }
      assert.equal(update.title, 'Bye');
      assert.equal(update.documentId, documentId);
      assert.deepEqual(remove, { id: update.id, documentId });
    });
  }

  it('include populated relations for those only who may read them', async (t) => {
    const { jwt } = await app.addUser('reader');
    const anonymous = await connect(app.url);
    const reader = await connect(app.url, { auth: { strategy: 'jwt', token: jwt } });
    t.after(() => [anonymous, reader].forEach((client) => client.close()));

    const author = await app.strapi
      .documents(AUTHOR)
      .create({ data: { name: 'Ada', phone: '555' } });
    await app.strapi
      .documents(ARTICLE)
      .create({ data: { title: 'By Ada', author: author.documentId }, status: 'published' });
    await app.flush(anonymous, reader);

    assert.deepEqual(reader.names(), ['article:create']);
    assert.equal(reader.received[0].data.author.name, 'Ada');
    assert.ok(!('phone' in reader.received[0].data.author));
    assert.deepEqual(anonymous.names(), ['article:create']);
    assert.ok(!('author' in anonymous.received[0].data));
  });

  it('reach only roles that may read the content type', async (t) => {
    const { jwt } = await app.addUser('writer');
    const anonymous = await connect(app.url);
    const writer = await connect(app.url, { auth: { token: jwt } });
    t.after(() => [anonymous, writer].forEach((client) => client.close()));

    const created = await app.rest('POST', 'notes', { data: { text: 'psst' }, token: jwt });
    assert.equal(created.status, 201);
    await app.flush(anonymous, writer);

    assert.deepEqual(writer.names(), ['note:create']);
    assert.deepEqual(anonymous.names(), []);
  });

  it('start and stop to reach a role with its permission', async (t) => {
    const client = await connect(app.url);
    t.after(() => client.close());
    const write = async (text) => {
      await app.strapi.documents(NOTE).create({ data: { text } });
      await app.flush(client);
      return client.take().map(({ data }) => data.text);
    };

    assert.deepEqual(await write('before'), []);
    await app.grant('public', NOTE, 'find');
    assert.deepEqual(await write('granted'), ['granted']);
    await app.strapi.db
      .query('plugin::users-permissions.permission')
      .delete({ where: { action: `${NOTE}.find`, role: { type: 'public' } } });
    assert.deepEqual(await write('revoked'), []);
  });
});
