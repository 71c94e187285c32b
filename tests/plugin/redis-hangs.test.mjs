// A Redis that hangs: its connections stay open, and nothing answers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { after, before, describe, it } from 'node:test';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { freePort, startRedis, withoutRedisServer } from './support/redis-server.mjs';
import { until } from './support/until.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const NOTE = 'api::note.note';
const MIB = 1024 * 1024;
/** Far above all limits, far below for ever. */
const LIMIT = 30_000;
const skip = withoutRedisServer();

/** Rejects if it takes for ever. */
function settled(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it never answers')), LIMIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

describe('a node whose Redis hangs', { timeout: 180_000, skip }, () => {
  let app;
  let port;
  let redis;
  let neighbour;
  let near;
  let far;
  let admin;
  let token;
  let documentId;

  const service = (name) => app.strapi.plugin('io').service(name);
  const $io = () => app.strapi.$io;
  const lines = (pattern) => app.log.filter(({ text }) => pattern.test(text));

  const meet = () => {
    const both = async () => {
      const sockets = await $io()
        .server.fetchSockets()
        .catch(() => []);
      return sockets.length === 2;
    };
    return until('the nodes see each other', both, LIMIT);
  };

  /** The neighbour's clients reconnect by themselves, once their connections are closed. */
  const startNeighbour = async (url) => {
    const clients = [createClient({ url }), createClient({ url })];
    for (const client of clients) client.on('error', () => {});
    await Promise.all(clients.map((client) => client.connect()));
    const http = createHttpServer();
    const io = new Server(http, { adapter: createAdapter(...clients, { key: 'shared' }) });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return {
      url: `http://127.0.0.1:${http.address().port}`,
      async close() {
        for (const client of clients) client.destroy();
        await io.close().catch(() => {});
      },
    };
  };

  before(async () => {
    port = await freePort();
    redis = await startRedis(port);
    const url = `redis://:hush@127.0.0.1:${port}`;
    app = await boot({ contentTypes: [NOTE], redis: { enabled: true, url, key: 'shared' } });
    admin = adminActions(app);
    await admin.addAdmin('ada');
    token = await admin.login('ada');
    await app.grant('public', NOTE, 'find');
    ({ documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } }));
    neighbour = await startNeighbour(url);
    near = await connect(app.url);
    far = await connect(neighbour.url);
    await meet();
  });

  after(async () => {
    near?.close();
    far?.close();
    await neighbour?.close();
    await app?.close();
    await redis?.kill();
  });

  it('answers what is asked while it hangs: with an error, or for itself', async () => {
    const before = app.log.length;
    redis.pause();
    const error = /Redis does not answer|no answer from the adapter/;
    const outcome = (promise) => settled(promise).catch(({ message }) => message);
    const asked = [
      $io().server.fetchSockets(),
      $io().getSocketsInRoom('Public'),
      $io().getEntityRoomSockets(NOTE, documentId),
      $io().server.serverSideEmitWithAck('question'),
      $io().subscribeToEntity('x'.repeat(20), NOTE, documentId),
    ];
    for (const answer of await Promise.all(asked.map(outcome))) {
      if (typeof answer === 'string') assert.match(answer, error);
      else assert.ok(Array.isArray(answer) || answer.success === false, JSON.stringify(answer));
    }
    // Nothing of this can wait: whether another node has the socket is not known.
    assert.equal($io().disconnectSocket('x'.repeat(20)), true);

    await until('it is noticed', () => !service('redis').status().connected, LIMIT);
    assert.deepEqual(
      (await settled($io().server.fetchSockets())).map(({ id }) => id),
      [near.socket.id],
    );
    assert.deepEqual(await settled($io().getSocketsInRoom('Public')), [
      { id: near.socket.id, user: null },
    ]);
    for (const [method, place] of [
      ['GET', '/io/stats'],
      ['GET', '/io/monitoring/stats'],
      ['GET', '/io/event-log?limit=100'],
      ['GET', '/io/presence/online'],
      ['GET', '/io/security/sessions'],
    ]) {
      const { status, body } = await settled(admin.request(method, place, { token }));
      assert.equal(status, 200, `${place}: ${JSON.stringify(body)}`);
    }
    const missing = await settled(
      admin.request('POST', `/io/sockets/${'x'.repeat(20)}/disconnect`, { token, data: {} }),
    );
    assert.equal(missing.status, 404);
    assert.equal($io().getMetrics().connections, 1);
    const { connections, redis: state } = service('monitoring').snapshot();
    assert.deepEqual([connections.connected, state], [1, { enabled: true, connected: false }]);
    const said = app.log.slice(before).filter(({ level }) => level === 'error');
    assert.equal(said.length, 1, said.map(({ text }) => text).join('\n'));
    assert.match(
      said[0].text,
      /Redis at 127\.0\.0\.1:\d+ is away \(it did not answer within 3000 ms\)/,
    );
  });

  it('serves its own clients and piles up nothing for Redis', async () => {
    redis.resume();
    await meet();
    const held = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / MIB;
    };
    const before = held();
    redis.pause();
    for (let i = 0; i < 100; i += 1) {
      $io().server.to('nobody').emit('big', Buffer.alloc(MIB));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Not because it has been noticed by now: what is on its way has a bound.
    assert.equal(service('redis').status().connected, true);
    const grown = held() - before;
    assert.ok(grown < 50, `${Math.round(grown)} MiB for 100 MiB sent`);
    const local = near.next('local');
    await $io().raw({ event: 'local' });
    await local;
    const dropped = lines(/a message was not sent to the other nodes, as Redis/);
    assert.equal(dropped.length, 1);
    await until('it is noticed', () => !service('redis').status().connected, LIMIT);
  });

  for (const how of ['goes on', 'is started again']) {
    it(`heals when Redis ${how}, subscriptions included`, async () => {
      await until('it is noticed', () => !service('redis').status().connected, LIMIT);
      if (how === 'goes on') redis.resume();
      else {
        await redis.kill();
        redis = await startRedis(port);
      }
      await meet();
      far.take();
      const heard = [near, far].map((client) => client.next('again'));
      await $io().raw({ event: 'again' });
      await Promise.all(heard);
      assert.equal((await $io().server.fetchSockets()).length, 2);
      redis.pause();
    });
  }

  it('stops while Redis hangs', async () => {
    await settled(app.close());
    app = undefined;
  });
});
