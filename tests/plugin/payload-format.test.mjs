// `payloadFormat: 'attributes'`: events as 2.x and 5.0.x of the plugin sent them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { useVisitor } from './support/use-visitor.mjs';

const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';
const NOTE = 'api::note.note';
const STORY = 'api::story.story';

const relation = (kind, target) => ({ type: 'relation', relation: kind, target });

const application = {
  types: {
    story: {
      kind: 'collectionType',
      collectionName: 'stories',
      info: { singularName: 'story', pluralName: 'stories', displayName: 'story' },
      attributes: {
        title: { type: 'string' },
        body: { type: 'json' },
        author: relation('oneToOne', AUTHOR),
        notes: relation('oneToMany', NOTE),
        link: { type: 'component', component: 'shared.link' },
        links: { type: 'component', component: 'shared.link', repeatable: true },
        zone: { type: 'dynamiczone', components: ['shared.link'] },
      },
    },
  },
  components: {
    'shared.link': {
      collectionName: 'components_shared_links',
      info: { displayName: 'link' },
      attributes: { href: { type: 'string' }, author: relation('oneToOne', AUTHOR) },
    },
  },
};

describe("payloadFormat: 'attributes'", { timeout: 120_000 }, () => {
  let app;
  let client;

  const populate = {
    author: true,
    notes: true,
    link: { populate: ['author'] },
    links: true,
    zone: { on: { 'shared.link': { populate: ['author'] } } },
  };
  useVisitor(
    (started) => ({ app, client } = started),
    { payloadFormat: 'attributes', contentTypes: [NOTE, ARTICLE, { uid: STORY, populate }] },
    { ...application, readable: [NOTE, STORY, AUTHOR, ARTICLE] },
  );

  it('puts the fields of content events under attributes, at every level', async () => {
    const author = await app.strapi.documents(AUTHOR).create({ data: { name: 'n', phone: 'p' } });
    const note = await app.strapi.documents(NOTE).create({ data: { text: 'x' } });
    client.take();
    const next = client.next('story:create');
    const link = { href: 'h', author: author.documentId };
    const story = await app.strapi.documents(STORY).create({
      data: {
        title: 't',
        body: { id: 5 },
        author: author.documentId,
        notes: [note.documentId],
        link,
        links: [{ href: 'l' }],
        zone: [{ __component: 'shared.link', ...link }],
      },
    });
    const { data, meta, ...rest } = await next;
    assert.deepEqual([meta, rest], [{}, {}]);
    assert.deepEqual(Object.keys(data).sort(), ['attributes', 'id']);
    assert.equal(data.id, story.id);
    const { attributes } = data;
    assert.equal(attributes.documentId, story.documentId);
    assert.deepEqual([attributes.title, attributes.body], ['t', { id: 5 }]);
    const isAuthor = ({ data: { id, attributes: fields } }) => {
      assert.equal(id, author.id);
      assert.equal(fields.name, 'n');
      assert.ok(!('phone' in fields), 'private');
    };
    isAuthor(attributes.author);
    assert.deepEqual(
      attributes.notes.data.map(({ id, attributes: { text } }) => ({ id, text })),
      [{ id: note.id, text: 'x' }],
    );
    assert.equal(attributes.link.href, 'h');
    isAuthor(attributes.link.author);
    assert.deepEqual(
      attributes.links.map(({ id, href }) => [typeof id, href]),
      [['number', 'l']],
    );
    assert.equal(attributes.zone[0].__component, 'shared.link');
    isAuthor(attributes.zone[0].author);
  });

  it('has both ids of deleted entities where earlier versions had them', async () => {
    const { documentId, id } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    const next = client.next('note:delete');
    await app.strapi.documents(NOTE).delete({ documentId });
    const { data, meta } = await next;
    assert.deepEqual(
      [data.id, data.documentId, data.attributes.documentId, meta],
      [id, documentId, documentId, {}],
    );
  });

  it('holds for emit, without what a recipient may not see', async () => {
    const data = {
      id: 1,
      documentId: 'd',
      title: 't',
      internal: 'private',
      upstreamApiKey: 'sensitive',
      author: { id: 2, name: 'n', phone: 'private' },
    };
    await app.strapi.$io.emit({ event: 'featured', schema: ARTICLE, data });
    await app.flush(client);
    const author = { data: { id: 2, attributes: { name: 'n' } } };
    assert.deepEqual(client.received, [
      {
        event: 'article:featured',
        data: { data: { id: 1, attributes: { documentId: 'd', title: 't', author } }, meta: {} },
      },
    ]);
  });

  it('holds for entity subscriptions', async (t) => {
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    const subscriber = await connect(app.url);
    t.after(() => subscriber.close());
    const { success } = await subscriber.ask('subscribe-entity', { uid: NOTE, id: documentId });
    assert.equal(success, true);
    const next = subscriber.next('note:update');
    await app.strapi.documents(NOTE).update({ documentId, data: { text: 'b' } });
    assert.equal((await next).data.attributes.text, 'b');
  });

  it('holds where Strapi sanitizes, as the application has added a sanitizer', async (t) => {
    const sanitizers = app.strapi.sanitizers.get('content-api.output');
    sanitizers.push(() => (entity) => ({ ...entity, text: `${entity.text}!`, secret: 1 }));
    t.after(() => sanitizers.pop());
    await app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { id: 1, text: 'a' } });
    await app.flush(client);
    assert.deepEqual(client.received[0].data, {
      data: { id: 1, attributes: { text: 'a!' } },
      meta: {},
    });
  });

  it('wraps raw data, and what the helpers send stays as it is', async () => {
    const { raw, sendPrivateMessage } = app.strapi.$io;
    for (const data of [{ a: 1, password: 'p' }, 'text', [1, 2], null]) {
      await raw({ event: 'raw', data });
    }
    await raw({ event: 'nothing' });
    await raw({ event: 'bytes', data: Buffer.from('abc') });
    sendPrivateMessage(client.socket.id, 'private', { a: 1 });
    await app.flush(client);
    const sent = client.received.map(({ data }) => data);
    assert.deepEqual(sent.slice(0, 5), [
      { data: { a: 1 } },
      { data: 'text' },
      { data: [1, 2] },
      { data: null },
      {},
    ]);
    assert.equal(Buffer.from(sent[5].data).toString(), 'abc');
    assert.deepEqual(sent[6], { a: 1 });
  });
});

describe('the transform service', { timeout: 120_000 }, () => {
  let app;
  before(async () => {
    app = await boot({}, application);
  });
  after(() => app?.close());

  const transform = (options) => app.strapi.plugin('io').service('transform').response(options);

  it('gives entities the form of earlier versions, though events are flat', () => {
    const data = { id: 1, title: 't', author: { id: 2, name: 'n', articles: [{ id: 3 }] } };
    const articles = { data: [{ id: 3, attributes: {} }] };
    const author = { data: { id: 2, attributes: { name: 'n', articles } } };
    const expected = { data: { id: 1, attributes: { title: 't', author } }, meta: {} };
    for (const schema of [STORY, app.strapi.contentTypes[STORY], app.strapi.getModel(STORY)]) {
      assert.deepEqual(transform({ data, schema }), expected);
      assert.deepEqual(transform({ data: [data, null], schema }).data, [expected.data, null]);
    }
  });

  it('takes data without a schema for one entity', () => {
    const data = { id: 1, author: { id: 2 } };
    const expected = { data: { id: 1, attributes: { author: { id: 2 } } }, meta: {} };
    assert.deepEqual(transform({ data }), expected);
    assert.deepEqual(transform({ data, schema: { uid: 'api::gone.gone' } }), expected);
  });

  it('gives nothing back for nothing', () => {
    assert.equal(transform({ data: null, schema: NOTE }), null);
    assert.equal(transform({ data: undefined, schema: NOTE }), undefined);
    assert.throws(() => transform({ data: 'text', schema: NOTE }), /data is not an object/);
  });
});
