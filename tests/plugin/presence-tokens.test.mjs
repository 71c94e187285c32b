// Session tokens of admins on nodes that did not issue them: one database, one Redis.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'redis';
import { connect, refused } from './support/client.mjs';
import { createDatabase } from './support/databases.mjs';
import { startTwoNodes } from './support/shared-nodes.mjs';

const database = await createDatabase('postgres');
const skip = database === null && 'no PostgreSQL answers at TEST_POSTGRES_URL';

describe('a session token on the other node', { timeout: 120_000, skip }, () => {
  const clients = [];
  /** All that the nodes tell each other. */
  let wire = '';
  let spy;
  let pair;
  let nodes;
  let near;
  let far;
  let access;

  const issue = async (node, name) => {
    const { status, body } = await node.session(await node.login(name));
    assert.equal(status, 200);
    return body.token;
  };

  const enter = async (node, token) => {
    const client = await connect(node.url, { auth: node.auth(token) });
    clients.push(client);
    return client;
  };

  const outcome = async (node, token) => {
    const { message, data } = await refused(node.url, { auth: node.auth(token) });
    return [message, data.code];
  };
  const REFUSED = ['Invalid or expired token', 'INVALID_TOKEN'];

  const stats = async (node) =>
    (await node.request('GET', '/io/security/sessions', { token: access })).body.data;

  before(async () => {
    pair = await startTwoNodes(database);
    ({ near, far } = pair);
    nodes = [near, far];
    access = await near.login('ada');
    spy = createClient({ url: pair.redisUrl });
    spy.on('error', () => {});
    await spy.connect();
    await spy.pSubscribe('*', (message) => (wire += message));
  });

  after(async () => {
    spy?.destroy();
    clients.forEach((client) => client.close());
    await pair?.close();
    await database.drop();
  });

  it('lets the admin in, who is an editor like any other, and is told to nobody', async () => {
    const token = await issue(near, 'ada');
    const client = await enter(far, token);
    const document = { uid: 'api::article.article', documentId: 'a' };
    const { success, editors } = await client.ask('presence:join', document);
    assert.equal(success, true);
    assert.equal(editors[0].user.firstname, 'ada');
    for (const node of nodes) {
      const { activeSessions, activeSocketConnections } = await stats(node);
      assert.deepEqual([activeSessions, activeSocketConnections], [1, 1]);
    }
    assert.match(wire, /sessions:redeem/);
    assert.ok(!wire.includes(token));
  });

  it('counts the uses of both nodes at the one that issued it', async () => {
    const token = await issue(far, 'bob');
    for (let use = 1; use <= 10; use += 1) (await enter(nodes[use % 2], token)).close();
    for (const node of nodes) assert.deepEqual(await outcome(node, token), REFUSED);
  });

  it('ends on every node when the admin is logged out by another', async () => {
    const token = await issue(near, 'bob');
    const client = await enter(far, token);
    const { body } = await near.request('GET', '/admin/users', { token: access });
    const { id } = body.data.results.find(({ firstname }) => firstname === 'bob');
    const place = `/io/security/invalidate/${id}`;
    const answer = await far.request('POST', place, { token: access });
    assert.deepEqual(answer.body.data, {
      userId: id,
      invalidatedSessions: 2,
      message: 'Successfully invalidated 2 session(s)',
    });
    assert.equal(await client.disconnected(), 'io server disconnect');
    assert.deepEqual(client.received.at(-1).data, { reason: 'Session invalidated' });
    for (const node of nodes) assert.deepEqual(await outcome(node, token), REFUSED);
  });

  it('ends with the login it was issued in', async () => {
    const login = await near.login('bob');
    const { body } = await near.session(login);
    (await enter(far, body.token)).close();
    const { status } = await near.request('POST', '/admin/logout', { token: login });
    assert.equal(status, 200);
    for (const node of nodes) assert.deepEqual(await outcome(node, body.token), REFUSED);
  });

  it('is refused when it is nobody’s, and when nobody can be asked', async () => {
    const unknown = '01234567-89ab-4cde-8f01-23456789abcd';
    assert.deepEqual(await outcome(far, unknown), REFUSED);
    const token = await issue(near, 'bob');
    await pair.stopRedis();
    assert.deepEqual(await outcome(far, token), REFUSED);
    (await enter(near, token)).close();
  });
});
