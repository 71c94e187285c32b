// Two nodes of one application, as in production: one database, one Redis, `settings.redis`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { connect } from './support/client.mjs';
import { createDatabase } from './support/databases.mjs';
import { startTwoNodes } from './support/shared-nodes.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';
const MAX_SUBSCRIPTIONS = 'entitySubscriptions.maxSubscriptionsPerSocket';
const DOCUMENT = { uid: ARTICLE, documentId: 'shared' };
const LIMIT = 30_000;

const names = ({ editors }) => editors.map(({ user }) => user.firstname).sort();

/** Resolves when a client is told of exactly these editors. */
const sees = (client, expected) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`timed out: editors ${expected}`)), LIMIT);
    const look = (update) => {
      if (!isDeepStrictEqual(names(update), expected)) return;
      clearTimeout(timer);
      client.socket.off('presence:update', look);
      resolve();
    };
    client.socket.on('presence:update', look);
  });

const database = await createDatabase('postgres');

const skip = database === null && 'no PostgreSQL answers at TEST_POSTGRES_URL';

describe('two nodes on one database', { timeout: 120_000, skip }, () => {
  const clients = [];
  let pair;
  let near;
  let far;
  let reader;
  let subscriber;
  let note;
  let chief;
  let ada;
  let bob;
  let sentinels = 0;

  const keep = (client) => {
    clients.push(client);
    return client;
  };

  /** Content, through the REST API of the first node. */
  const save = async (method, place, data) => {
    const { status, body } = await near.request(method, `/api/${place}`, { data: { data } });
    assert.ok(status < 300, `${method} ${place}: ${status} ${JSON.stringify(body)}`);
    return body.data;
  };

  const put = async (data) => {
    const { status, body } = await near.request('PUT', '/io/settings', { token: chief, data });
    assert.equal(status, 200, JSON.stringify(body));
  };

  /** As an admin does it in the Content Manager of the first node. */
  const block = async (username) => {
    const users = '/content-manager/collection-types/plugin::users-permissions.user';
    const list = await near.request('GET', `${users}?_q=${username}`, { token: chief });
    const [{ documentId }] = list.body.results;
    const data = { blocked: true };
    const { status } = await near.request('PUT', `${users}/${documentId}`, { token: chief, data });
    assert.equal(status, 200);
  };

  /** What one node sends arrives in order: who has the sentinel has all that came before it. */
  const seen = async () => {
    sentinels += 1;
    const event = `sentinel:${sentinels}`;
    const arrived = [reader, subscriber].map((client) => client.next(event));
    near.send(event);
    await Promise.all(arrived);
    return [reader, subscriber].map((client) =>
      client.take().map(({ event: name, data }) => [name, data.title ?? data.text]),
    );
  };

  before(async () => {
    pair = await startTwoNodes(database);
    ({ near, far } = pair);
    chief = await near.login('ada');
    note = await save('POST', 'notes', { text: 'mine' });
    await save('POST', 'notes', { text: 'another' });
    reader = keep(await connect(far.url, { auth: { token: near.jwts.reader } }));
    subscriber = keep(await connect(far.url));
    const { success } = await subscriber.ask('subscribe-entity', {
      uid: NOTE,
      id: note.documentId,
    });
    assert.equal(success, true);
    await seen();
  });

  after(async () => {
    clients.forEach((client) => client.close());
    await pair?.close();
    await database.drop();
  });

  it('what is saved on one reaches a role and a subscriber on the other, once', async () => {
    await save('POST', 'articles', { title: 'news' });
    await save('PUT', `notes/${note.documentId}`, { text: 'mine, edited' });
    await save('POST', 'notes', { text: 'not mine' });
    assert.deepEqual(await seen(), [
      [['article:create', 'news']],
      [['note:update', 'mine, edited']],
    ]);
  });

  it('settings changed on one are in force on the other', async () => {
    const another = {
      uid: NOTE,
      id: (await save('POST', 'notes', { text: 'one more' })).documentId,
    };
    const heard = far.said('changed');
    await put({ entitySubscriptions: { maxSubscriptionsPerSocket: 1 } });
    assert.deepEqual((await heard).changed, [MAX_SUBSCRIPTIONS]);
    assert.deepEqual(await subscriber.ask('subscribe-entity', another), {
      success: false,
      error: 'Maximum subscriptions (1) reached',
    });
    // Also to the admins who look there.
    const { body } = await far.request('GET', '/io/settings', { token: await far.login('bob') });
    assert.equal(body.data.settings.entitySubscriptions.maxSubscriptionsPerSocket, 1);
    assert.equal(body.data.sources[MAX_SUBSCRIPTIONS], 'panel');
    await seen();
  });

  it('presence lists the editors of both', async () => {
    ada = keep(await near.enter('ada'));
    bob = keep(await far.enter('bob'));
    const both = [ada, bob].map((client) => sees(client, ['ada', 'bob']));
    for (const client of [ada, bob]) await client.ask('presence:join', DOCUMENT);
    await Promise.all(both);
    for (const client of [ada, bob]) {
      assert.deepEqual(names(await client.ask('presence:check', DOCUMENT)), ['ada', 'bob']);
    }
  });

  it('who lost access while Redis was away does not stay', async () => {
    const guest = keep(await connect(far.url, { auth: { token: near.jwts.guest } }));
    await pair.stopRedis();
    await block('guest');
    const reached = Promise.all([near.said('reached'), far.said('reached')]);
    await pair.startRedis();
    await reached;
    assert.equal(await guest.disconnected(), 'io server disconnect');
  });

  it('a Redis that was away: both catch up, and everything flows again', async () => {
    await pair.stopRedis();
    await put({ entitySubscriptions: { maxSubscriptionsPerSocket: 2 } });
    const caughtUp = far.said('changed');
    const reached = Promise.all([near.said('reached'), far.said('reached')]);
    await pair.startRedis();
    await reached;
    assert.deepEqual((await caughtUp).changed, [MAX_SUBSCRIPTIONS]);

    const { documentId } = await save('POST', 'notes', { text: 'after' });
    // Its creation is over before it is chosen.
    await seen();
    const subscribed = await subscriber.ask('subscribe-entity', { uid: NOTE, id: documentId });
    assert.equal(subscribed.success, true);
    await save('POST', 'articles', { title: 'news again' });
    for (const id of [note.documentId, documentId]) {
      await save('PUT', `notes/${id}`, { text: `edited ${id}` });
    }
    assert.deepEqual(await seen(), [
      [['article:create', 'news again']],
      [note.documentId, documentId].map((id) => ['note:update', `edited ${id}`]),
    ]);
    const alone = sees(ada, ['ada']);
    bob.close();
    await alone;
  });
});
