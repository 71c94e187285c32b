// Configuration reference, the complete example and the environment variables.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import { connect } from '../support/client.mjs';
import { freePort, startRedis } from '../support/redis-server.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const uid = (name) => `api::${name}.${name}`;

describe('documentation: the complete example', { timeout: 300_000 }, () => {
  let redis;
  let emitting;
  let app;
  let clients;

  before(async () => {
    const port = await freePort();
    redis = await startRedis(port);
    const env = { REDIS_URL: `redis://:hush@127.0.0.1:${port}`, CLIENT_URL: 'https://c.example' };
    emitting = createClient({ url: env.REDIS_URL });
    await emitting.connect();
    app = await bootDocumented(await example('reference-complete.js'), { env });
    const { pubClient, subClient } = app.strapi.$io.server.of('/').adapter;
    clients = [pubClient, subClient];
    for (const name of ['article', 'comment', 'product', 'category']) {
      await app.grant('public', uid(name), 'find');
    }
  });
  after(async () => {
    await app?.close();
    await Promise.all((clients ?? []).map((client) => client.close()));
    emitting?.destroy();
    await redis?.kill();
  });

  it('welcomes, relays and saves messages, tells of content, and is reached through Redis', async () => {
    const { user, jwt } = await app.addUser('john');
    const john = await connect(app.url, { auth: { token: jwt } });
    const guest = await connect(app.url);
    await app.flush(john, guest);
    for (const client of [john, guest]) {
      const [{ event, data }] = client.take();
      assert.deepEqual([event, typeof data.serverTime], ['welcome', 'number']);
    }
    await guest.ask('join-room', 'lobby');
    const message = guest.next('chat:message');
    john.socket.emit('chat:message', { room: 'lobby', text: 'hello' });
    assert.equal((await message).text, 'hello');
    const [saved] = await app.strapi.documents(uid('message')).findMany({ populate: ['user'] });
    assert.deepEqual([saved.text, saved.user.id], ['hello', user.id]);
    assert.deepEqual(john.take(), [], 'who is not in the room hears nothing');
    guest.take();

    const category = await app.strapi.documents(uid('category')).create({ data: { name: 'hot' } });
    const data = { name: 'tea', category: category.documentId };
    const product = await app.strapi.documents(uid('product')).create({ data });
    await app.flush(guest);
    await app.strapi.documents(uid('product')).delete({ documentId: product.documentId });
    await app.strapi.documents(uid('comment')).create({ data: { text: 'b' } });
    await app.flush(guest);
    assert.deepEqual(guest.names(), ['product:create', 'comment:create']);
    assert.equal(guest.received[0].data.category.name, 'hot');
    assert.ok('images' in guest.received[0].data);

    const elsewhere = guest.next('elsewhere');
    new Emitter(emitting).emit('elsewhere', 1);
    assert.equal(await elsewhere, 1);
    const sockets = await app.strapi.$io.server.fetchSockets();
    assert.ok(sockets.every((socket) => typeof socket.data.connectedAt === 'number'));
    const left = `[io] Disconnected: ${guest.socket.id} (client namespace disconnect)`;
    const gone = once(app.strapi.$io.server.sockets.sockets.get(guest.socket.id), 'disconnect');
    guest.close();
    await gone;
    assert.ok(app.log.some(({ text }) => text === left));
    john.close();
  });
});

describe('documentation: environment variables', { timeout: 300_000 }, () => {
  it('are read from .env by the example that uses them', async (t) => {
    const lines = (await example('reference-complete.env')).split('\n');
    const env = Object.fromEntries(
      lines.filter((line) => /^\w/.test(line)).map((line) => line.split(/=(.*)/).slice(0, 2)),
    );
    assert.equal(Object.keys(env).length, 6);
    env.SOCKET_IO_PATH = '/other';
    const app = await bootDocumented(inConfig(await example('reference-complete-env.js')), { env });
    t.after(() => app.close());
    (await connect(app.url, { path: '/other' })).close();
    const { pingTimeout, pingInterval } = app.strapi.$io.server.engine.opts;
    assert.deepEqual([pingTimeout, pingInterval], [60000, 25000]);
    for (const origin of ['https://example.com', 'https://www.example.com']) {
      const place = `${app.url}/other/?EIO=4&transport=polling`;
      const { headers } = await fetch(place, { headers: { origin } });
      assert.equal(headers.get('access-control-allow-origin'), origin);
    }
  });
});
