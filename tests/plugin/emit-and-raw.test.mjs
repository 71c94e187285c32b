import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { after, before, beforeEach, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';
const NOTE = 'api::note.note';

describe('strapi.$io', { timeout: 120_000 }, () => {
  let app;
  let client;

  before(async () => {
    app = await boot({
      contentTypes: [{ uid: NOTE, eventPrefix: 'memo' }],
      sensitiveFields: ['creditCard'],
      allowedFields: ['hashtags'],
    });
    for (const uid of [ARTICLE, NOTE]) await app.grant('public', uid, 'findOne');
    client = await connect(app.url);
  });
  beforeEach(() => client.take());
  after(async () => {
    client?.close();
    await app?.close();
  });

  const SECRETS = {
    password: 1,
    userPassword: 1,
    SALT: 1,
    fileHash: 1,
    my_api_key: 1,
    myApiKey: 1,
    accessTokens: 1,
    clientSecret: 1,
    private_key: 1,
    CREDITCARDNUMBER: 1,
  };

  it('emits content to those who may read its type, by uid or schema', async () => {
    const data = { id: 1, documentId: 'd', title: 'a', internal: 'b', upstreamApiKey: 'c' };
    const schemas = [ARTICLE, app.strapi.contentTypes[ARTICLE], app.strapi.getModel(ARTICLE)];
    for (const schema of schemas) await app.strapi.$io.emit({ event: 'featured', schema, data });
    await app.strapi.$io.emit({ event: 'featured', schema: AUTHOR, data: { id: 1, name: 'x' } });
    await app.flush(client);
    const expected = { event: 'article:featured', data: { id: 1, documentId: 'd', title: 'a' } };
    assert.deepEqual(client.received, [expected, expected, expected]);
  });

  it('names events by the prefix of the content type', async () => {
    await app.strapi.$io.emit({ event: 'create', schema: NOTE, data: { text: 'a' } });
    await app.strapi.documents(NOTE).create({ data: { text: 'b' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['memo:create', 'memo:create']);
  });

  it('leaves fields out and renames events as the settings say', async (t) => {
    const settings = app.strapi.plugin('io').service('settings');
    const change = (excludeFields, customEventNames) =>
      settings.update({ events: { excludeFields, customEventNames } });
    t.after(() => change([], {}));
    await change(['text'], { 'memo:create': 'news' });
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['news']);
    const { data } = client.received[0];
    assert.equal(data.documentId, documentId);
    assert.ok(!('text' in data));
  });

  it('sends raw data as it is', async () => {
    const values = [undefined, null, 'text', 0, true, [1, [2]], { a: { b: [] } }];
    for (const data of values) await app.strapi.$io.raw({ event: 'raw', data });
    const date = new Date(0);
    await app.strapi.$io.raw({ event: 'raw', data: { date, bytes: Buffer.from('abc') } });
    await app.flush(client);
    const sent = client.received.map(({ data }) => data);
    assert.deepEqual(sent.slice(0, -1), values);
    assert.equal(sent.at(-1).date, date.toISOString());
    assert.equal(Buffer.from(sent.at(-1).bytes).toString(), 'abc');
  });

  it('removes sensitive fields at every level of raw data, and leaves the data alone', async () => {
    const data = {
      ok: 1,
      hashtags: '#a',
      Hashtags: 'not the exact name',
      ...SECRETS,
      list: [{ ...SECRETS, ok: 2 }, [{ deep: { ...SECRETS, ok: 3 } }]],
      json: { toJSON: () => ({ password: 1, ok: 4 }) },
    };
    const before = Object.keys(data).length;
    await app.strapi.$io.raw({ event: 'raw', data });
    await app.flush(client);
    assert.deepEqual(client.received[0].data, {
      ok: 1,
      hashtags: '#a',
      list: [{ ok: 2 }, [{ deep: { ok: 3 } }]],
      json: { ok: 4 },
    });
    assert.equal(Object.keys(data).length, before);
  });

  it('sends raw events to rooms only', async () => {
    const { jwt } = await app.addUser('roomer');
    const member = await connect(app.url, { auth: { token: jwt } });
    const nsp = app.strapi.$io.server.of('/');
    nsp.sockets.get(member.socket.id).join('vip');
    const { raw } = app.strapi.$io;
    await raw({ event: 'one', rooms: 'vip' });
    await raw({ event: 'two', rooms: ['vip', 'Authenticated'] });
    await raw({ event: 'three', rooms: ['nobody here'] });
    await raw({ event: 'four', rooms: [] });
    await raw({ event: 'five', rooms: 'Public' });
    await app.flush(client, member);
    assert.deepEqual(member.names(), ['one', 'two']);
    assert.deepEqual(client.names(), ['five']);
    member.close();
  });

  it('emits from within a transaction while others wait for its connection', async () => {
    const emit = (text) => app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { text } });
    const outside = AsyncResource.bind(emit);
    app.strapi.plugin('io').service('principals').flush();
    let waiting;
    await app.strapi.db.transaction(async () => {
      waiting = outside('outside');
      await emit('inside');
    });
    await waiting;
    await app.flush(client);
    assert.deepEqual(client.received.map(({ data }) => data.text).sort(), ['inside', 'outside']);
  });

  it('rejects what it cannot send', async () => {
    const { emit, raw } = app.strapi.$io;
    const cycle = {};
    cycle.self = cycle;
    const cases = [
      [raw({ event: '' }), 'plugin io: raw: event "" is not a name'],
      [raw({ event: 'x', data: cycle }), /^plugin io: data is not JSON: Converting circular/],
      [raw({ event: 'x', data: 1n }), /^plugin io: data is not JSON: .*BigInt/],
      [emit({ schema: NOTE, data: {} }), 'plugin io: emit: event undefined is not a name'],
      [
        emit({ event: 'x', schema: 'api::no.no', data: {} }),
        'plugin io: emit: schema "api::no.no" is not a content type',
      ],
      [
        emit({ event: 'x', schema: { attributes: {} }, data: {} }),
        'plugin io: emit: schema undefined is not a content type',
      ],
      [emit({ event: 'x', schema: NOTE, data: 'x' }), 'plugin io: emit: data "x" is not an object'],
    ];
    for (const [promise, message] of cases) await assert.rejects(promise, { message });
  });

  it('sends nothing when the sanitizer fails, and says so', async (t) => {
    const sanitizers = app.strapi.sanitizers.get('content-api.output');
    sanitizers.push(() => () => {
      throw new Error('sanitizer down');
    });
    t.after(() => sanitizers.pop());
    await app.strapi.$io.emit({ event: 'update', schema: NOTE, data: { text: 'unchecked' } });
    await app.flush(client);
    assert.deepEqual(client.received, []);
    const logged = app.log.filter(({ level }) => level === 'error').map(({ text }) => text);
    assert.equal(logged.length, 1);
    assert.match(logged[0], /^plugin io: memo:update was not sent: .*sanitizer down/);
  });
});

describe('eventPermission: action', { timeout: 120_000 }, () => {
  let app;
  before(async () => {
    app = await boot({ contentTypes: [NOTE], eventPermission: 'action' });
  });
  after(() => app?.close());

  it('asks for the permission of the event itself', async (t) => {
    await app.grant('public', NOTE, 'find', 'create');
    const client = await connect(app.url);
    t.after(() => client.close());
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    await app.strapi.documents(NOTE).update({ documentId, data: { text: 'b' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['note:create']);
  });
});
