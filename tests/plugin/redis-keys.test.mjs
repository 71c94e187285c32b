// Applications on one Redis: each is for itself, unless their settings give them the same key.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { freePort, startRedis, withoutRedisServer } from './support/redis-server.mjs';
import { startNode } from './support/shared-nodes.mjs';
import { until } from './support/until.mjs';

const NOTE = 'api::note.note';
const skip = withoutRedisServer();

describe('applications on one Redis', { timeout: 180_000, skip }, () => {
  let folder;
  let redis;
  let url;
  let app;
  let sister;
  let stranger;
  const clients = [];

  const sqlite = (name) => ({
    connection: {
      client: 'sqlite',
      connection: { filename: path.join(folder, name) },
      useNullAsDefault: true,
    },
  });
  const keep = async (address) => {
    const client = await connect(address);
    clients.push(client);
    return client;
  };
  const ids = (sockets) => sockets.map(({ id }) => id).sort();

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'plugin-io-keys-'));
    const port = await freePort();
    redis = await startRedis(port);
    url = `redis://:hush@127.0.0.1:${port}`;
    const config = { contentTypes: [NOTE], redis: { enabled: true, url } };
    app = await boot(config, { database: sqlite('one.db') });
    // A node of the same application; and one of another, with the same secrets, on another of Redis's databases.
    sister = await startNode({ database: sqlite('one.db'), redis: url });
    stranger = await startNode({ database: sqlite('two.db'), redis: `${url}/5`, first: true });
    await until('both nodes of the application are there', async () => {
      const counts = await app.strapi.$io.server.of('/').adapter.serverCount();
      return counts === 2;
    });
  });

  after(async () => {
    clients.forEach((client) => client.close());
    for (const node of [app, sister, stranger]) await node?.close();
    await redis?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('nodes of one application have the same key, which says nothing of its secrets', async () => {
    const key = app.strapi.plugin('io').service('redis').key();
    assert.match(key, /^io:[0-9a-f]{24}$/);
    assert.equal(await sister.call('redis', 'key'), key);
    assert.match(await stranger.call('redis', 'key'), /^io:[0-9a-f]{24}$/);
    assert.notEqual(await stranger.call('redis', 'key'), key);
  });

  it('events, lists of sockets and disconnections stay within an application', async () => {
    const [here, there, elsewhere] = await Promise.all(
      [app, sister, stranger].map((node) => keep(node.url)),
    );
    await until('the application sees both of its clients', async () => {
      const all = await app.strapi.$io.server.fetchSockets();
      return all.length === 2;
    });
    const own = [here.socket.id, there.socket.id].sort();
    assert.deepEqual(ids(await app.strapi.$io.server.fetchSockets()), own);
    assert.deepEqual(ids(await app.strapi.$io.getSocketsInRoom('Public')), own);
    assert.equal((await stranger.call('$io', 'getSocketsInRoom', 'Public')).length, 1);

    await app.grant('public', NOTE, 'find');
    const heard = [here, there].map((client) => client.next('note:create'));
    await app.strapi.documents(NOTE).create({ data: { text: 'ours' } });
    await Promise.all(heard);
    const raw = [here, there].map((client) => client.next('announcement'));
    await app.strapi.$io.raw({ event: 'announcement' });
    await Promise.all(raw);

    app.strapi.$io.disconnectSocket(elsewhere.socket.id, 'not yours');
    const gone = [here, there].map((client) => client.disconnected());
    app.strapi.$io.server.disconnectSockets();
    await Promise.all(gone);
    const last = elsewhere.next('last');
    await stranger.call('$io', 'raw', { event: 'last' });
    await last;
    assert.deepEqual(elsewhere.names(), ['last']);
  });

  it('a plain Socket.IO server and an emitter with the key are part of the application', async () => {
    const key = app.strapi.plugin('io').service('redis').key();
    const connections = [createClient({ url }), createClient({ url })];
    for (const client of connections) client.on('error', () => {});
    await Promise.all(connections.map((client) => client.connect()));
    const http = createHttpServer();
    const io = new Server(http, { adapter: createAdapter(...connections, { key }) });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    try {
      const near = await keep(app.url);
      const far = await keep(`http://127.0.0.1:${http.address().port}`);
      const elsewhere = await keep(stranger.url);
      await until('the servers see each other', async () => {
        const all = await app.strapi.$io.server.fetchSockets().catch(() => []);
        return all.length === 2;
      });
      const heard = [near, far].map((client) => client.next('from the application'));
      await app.strapi.$io.raw({ event: 'from the application' });
      await Promise.all(heard);
      const emitted = [near, far].map((client) => client.next('from the emitter'));
      new Emitter(connections[0], { key }).emit('from the emitter');
      await Promise.all(emitted);
      const last = elsewhere.next('last');
      await stranger.call('$io', 'raw', { event: 'last' });
      await last;
      assert.deepEqual(elsewhere.names(), ['last']);
    } finally {
      for (const client of connections) client.destroy();
      await io.close().catch(() => {});
    }
  });
});
