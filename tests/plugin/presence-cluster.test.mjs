// Presence over two nodes with the Redis adapter.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { adminActions } from './support/admins.mjs';
import { redisUrl, withoutRedis } from './support/redis-server.mjs';

const ARTICLE = 'api::article.article';
const document = (documentId) => ({ uid: ARTICLE, documentId });
const who = ({ editors }) => editors.map(({ socketId, user }) => [socketId, user.firstname]);

/** Resolves when a client is told of exactly these editors; nodes take a moment to tell each other. */
const sees = (client, expected) =>
  new Promise((resolve) => {
    const look = (update) => {
      if (!isDeepStrictEqual(who(update), expected)) return;
      client.socket.off('presence:update', look);
      resolve();
    };
    client.socket.on('presence:update', look);
  });

describe('presence over two nodes', { timeout: 150_000, skip: await withoutRedis() }, () => {
  const key = `test-${randomUUID()}`;
  const clients = [];
  const nodes = [];
  const enter = async (node, name) => {
    const client = await nodes[node].admins.enter(name);
    clients.push(client);
    return client;
  };
  const ask = async (node, method, place) => {
    const token = await nodes[node].admins.login('ada');
    return (await nodes[node].admins.request(method, place, { token })).body.data;
  };

  /** Each has a database of its own, with the same admins in it. */
  const addNode = async () => {
    const child = fork(new URL('support/presence-node.mjs', import.meta.url), [redisUrl, key]);
    const exited = once(child, 'exit');
    const died = exited.then(([code]) => Promise.reject(new Error(`a node exited with ${code}`)));
    died.catch(() => {});
    const close = () => {
      child.send('close');
      return exited;
    };
    const [{ url: address, ids }] = await Promise.race([once(child, 'message'), died]);
    nodes.push({ admins: adminActions({ url: address }), close });
    return ids;
  };

  before(async () => {
    assert.deepEqual(await addNode(), await addNode());
  });
  after(async () => {
    clients.forEach((client) => client.close());
    for (const node of nodes) await node.close();
  });

  it('lists the editors of both, an admin with tabs on both once', async () => {
    const [ada, bob] = [await enter(0, 'ada'), await enter(1, 'bob')];
    await ada.ask('presence:join', document('shared'));
    const both = [
      [ada.socket.id, 'ada'],
      [bob.socket.id, 'bob'],
    ];
    const seen = Promise.all([sees(ada, both), sees(bob, both)]);
    await bob.ask('presence:join', document('shared'));
    await seen;
    for (const client of [ada, bob]) {
      assert.deepEqual(who(await client.ask('presence:check', document('shared'))), both);
    }

    const typing = ada.next('presence:typing');
    await bob.ask('presence:typing', { ...document('shared'), fieldName: 'title' });
    const { user, fieldName } = await typing;
    assert.deepEqual([user.firstname, fieldName], ['bob', 'title']);
    assert.equal(ada.names().filter((name) => name === 'presence:typing').length, 1);

    const tab = await enter(1, 'ada');
    assert.deepEqual(who(await tab.ask('presence:join', document('shared'))), both);
    const others = sees(bob, [
      [bob.socket.id, 'bob'],
      [tab.socket.id, 'ada'],
    ]);
    ada.close();
    await others;
    const left = sees(tab, [[tab.socket.id, 'ada']]);
    bob.close();
    await left;
    tab.close();
  });

  it('counts and ends the sessions of both', async () => {
    const client = await enter(1, 'bob');
    const { id } = (await client.ask('presence:join', document('x'))).editors[0].user;
    const online = await ask(0, 'GET', '/io/presence/online');
    assert.ok(online.some(({ firstname }) => firstname === 'bob'));
    const stats = await ask(0, 'GET', '/io/security/sessions');
    assert.ok(stats.activeSocketConnections >= 1);
    const bobs = await ask(0, 'POST', `/io/security/invalidate/${id}`);
    assert.equal(bobs.invalidatedSessions, 2, 'one of each test');
    assert.equal(await client.disconnected(), 'io server disconnect');
    const after = await ask(0, 'GET', '/io/security/sessions');
    assert.equal(after.activeSessions, stats.activeSessions - 2);
  });

  it('loses the editors of a node that stops', async () => {
    const [ada, bob] = [await enter(0, 'ada'), await enter(1, 'bob')];
    await ada.ask('presence:join', document('stopping'));
    const joined = sees(ada, [
      [ada.socket.id, 'ada'],
      [bob.socket.id, 'bob'],
    ]);
    await bob.ask('presence:join', document('stopping'));
    await joined;
    const left = sees(ada, [[ada.socket.id, 'ada']]);
    await nodes.pop().close();
    await left;
  });
});
