// What nodes of the plugin say to each other, forged by whoever can write to the Redis between them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { freePort, startRedis, withoutRedisServer } from './support/redis-server.mjs';

const NOTE = 'api::note.note';
const skip = withoutRedisServer();
const STRANGE = [null, 0, -1, 1e300, '', 'x'.repeat(5000), [], {}, true, [null], [[]], [{}]];

const summary = () => ({
  connections: 3,
  connected: 3,
  namespaces: [['main', 3]],
  rooms: { total: 1, items: [{ name: 'lobby', members: 1, isEntityRoom: false }] },
  entitySubscriptions: { total: 0, byContentType: [[NOTE, 0]], rooms: ['lobby'] },
  events: { total: 5, byType: [['a', 5]], lastReset: 1, perSecond: 1, history: [1], second: 1 },
  traffic: {
    packetsIn: 1,
    packetsOut: 1,
    bytesIn: 1,
    bytesOut: 1,
    slowClosed: 0,
    refused: 0,
    limited: 0,
  },
});
const told = (node) => ({
  node,
  sentAt: Date.now(),
  summary: summary(),
  isWatching: false,
  log: { entries: [{ timestamp: 1, type: 'a', data: {} }], dropped: 0, next: 1 },
});
const tab = {
  document: { uid: NOTE, documentId: 'd' },
  socketId: 's',
  user: { id: 1, firstname: 'A', lastname: null },
  joinedAt: 1,
};

/** One of each message that changes something, well-formed. */
const messages = [
  ['access-changed', ['users', true]],
  ['monitoring:summary', [told('forged')]],
  ['monitoring:left', ['forged']],
  ['monitoring:history', [10, false]],
  ['monitoring:count', ['']],
  ['monitoring:sockets', ['', [['forged', 0, 10]]]],
  ['monitoring:rooms', ['']],
  ['presence:tabs', ['forged', { uid: NOTE, documentId: 'd' }, [tab]]],
  ['sessions:redeem', ['digest']],
  ['sessions:invalidate', [99]],
  ['joinRoom', ['nobody', 'room']],
  ['sendPrivateMessage', ['nobody', 'event', 1]],
  ['disconnectSocket', ['nobody', 'reason']],
  ['subscribeToEntity', ['nobody', NOTE, 'd']],
  ['unsubscribeFromEntity', ['nobody', NOTE, 1]],
];

const paths = (value, at = []) =>
  typeof value !== 'object' || value === null
    ? [at]
    : [at, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key]))];

function* mutations(args) {
  for (const path of paths(args)) {
    for (const strange of STRANGE) {
      if (path.length === 0) yield strange;
      else {
        const copy = structuredClone(args);
        const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
        parent[path.at(-1)] = strange;
        yield copy;
      }
    }
  }
}

describe('messages between nodes', { timeout: 180_000, skip }, () => {
  let app;
  let redis;
  let url;
  let attacker;
  let client;
  let token;
  let admin;
  const key = 'forged';

  const service = (name) => app.strapi.plugin('io').service(name);
  const dropped = () => service('monitoring').getTraffic().clusterDropped;
  const send = (...message) => {
    const request = { type: 6, uid: 'forger', data: ['io:call', ...message] };
    return attacker.publish(`${key}-request#/#`, JSON.stringify(request));
  };
  /** What was published before has arrived. */
  const arrived = async () => {
    const event = `arrived:${Math.random()}`;
    const heard = new Promise((resolve) => app.strapi.$io.server.once(event, resolve));
    await attacker.publish(
      `${key}-request#/#`,
      JSON.stringify({ type: 6, uid: 'forger', data: [event] }),
    );
    await heard;
  };
  const works = async () => {
    const heard = client.next('works');
    await app.strapi.$io.raw({ event: 'works' });
    await heard;
    assert.ok(Number.isFinite(app.strapi.$io.getMetrics().connections));
    JSON.stringify(service('monitoring').snapshot());
    const answer = await admin.request('GET', '/io/stats', { token });
    assert.equal(answer.status, 200);
  };

  before(async () => {
    const port = await freePort();
    redis = await startRedis(port);
    url = `redis://:hush@127.0.0.1:${port}`;
    app = await boot({
      contentTypes: [NOTE],
      redis: { enabled: true, url, key },
      monitoring: { maxEventLogSize: 10_000 },
    });
    admin = adminActions(app);
    await admin.addAdmin('ada');
    token = await admin.login('ada');
    client = await connect(app.url);
    attacker = createClient({ url });
    attacker.on('error', () => {});
    await attacker.connect();
  });

  after(async () => {
    client?.close();
    attacker?.destroy();
    await app?.close();
    await redis?.kill();
  });

  it('are dropped and counted where they are malformed', async () => {
    const before = dropped();
    const lines = app.log.length;
    let sent = 0;
    for (const [name, args] of messages) {
      for (const mutated of mutations(args)) {
        await send(name, mutated);
        sent += 1;
      }
    }
    for (const strange of STRANGE) {
      await send(strange, []);
      await send('toString', strange);
    }
    await arrived();
    const counted = dropped() - before;
    assert.ok(counted > sent / 2, `${counted} of ${sent}`);
    await works();
    const said = app.log.slice(lines).filter(({ level }) => level !== 'info' && level !== 'http');
    assert.ok(said.length < 10, said.map(({ text }) => text).join('\n'));
    assert.match(said[0].text, /of another node was dropped/);
    assert.ok(client.socket.connected);
  });

  it('of an earlier version are understood', async () => {
    await send('monitoring:left', ['forged']);
    await send('monitoring:summary', [{ ...told('earlier'), unknown: 1 }, 'more']);
    await arrived();
    assert.ok(app.strapi.$io.getMetrics().connections >= 4);
    assert.ok(Number.isFinite(dropped()));
    await send('monitoring:left', ['earlier']);
  });

  it('do not make a node remember more than 100 others', async () => {
    for (let i = 0; i < 300; i += 1) await send('monitoring:summary', [told(`node-${i}`)]);
    await arrived();
    assert.ok(service('monitoring-nodes').others().length <= 100);
    for (let i = 0; i < 300; i += 1) await send('monitoring:left', [`node-${i}`]);
    await arrived();
    assert.equal(service('monitoring-nodes').others().length, 0);
  });

  it('are answered with no more of the log than a few megabytes', async () => {
    const data = { text: 'y'.repeat(12_000) };
    for (let i = 0; i < 2000; i += 1) service('monitoring').logEvent('big', data);
    const { body } = await admin.request('GET', '/io/event-log?limit=10000', { token });
    const size = JSON.stringify(body.data).length;
    assert.ok(size > 1_000_000 && size < 10_000_000, String(size));
    assert.equal(body.data.at(-1).type, 'big');
  });

  it('with answers that are malformed leave the others right', async () => {
    const connections = [createClient({ url }), createClient({ url })];
    for (const one of connections) one.on('error', () => {});
    await Promise.all(connections.map((one) => one.connect()));
    const http = createHttpServer();
    const io = new Server(http, { adapter: createAdapter(...connections, { key }) });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const answers = [1, 'x', {}, { node: 1 }, { node: 'n', total: 'many' }, [[]], { sockets: [1] }];
    let turn = 0;
    io.on('io:call', (...message) => {
      const reply = message.at(-1);
      if (typeof reply === 'function') reply(answers[turn++ % answers.length]);
    });
    try {
      for (let i = 0; i < answers.length; i += 1) {
        for (const place of ['stats', 'event-log', 'presence/online', 'security/sessions']) {
          const { status, body } = await admin.request('GET', `/io/${place}`, { token });
          assert.equal(status, 200, `${place}: ${JSON.stringify(body)}`);
        }
      }
      await works();
    } finally {
      for (const one of connections) one.destroy();
      await io.close().catch(() => {});
    }
  });
});
