// README, "Performance", the production configuration: everything from the environment, and Redis.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import { connect } from '../support/client.mjs';
import { freePort, startRedis } from '../support/redis-server.mjs';
import { bootDocumented, example } from './support/app.mjs';

const COMMENT = 'api::comment.comment';

describe('documentation: production configuration', { timeout: 300_000 }, () => {
  it('takes all from the environment, and connects to Redis before anybody comes', async (t) => {
    const port = await freePort();
    const redis = await startRedis(port);
    const env = {
      REDIS_URL: `redis://:hush@127.0.0.1:${port}`,
      CLIENT_URL: 'https://client.example.com',
      SOCKET_IO_CONTENT_TYPES: JSON.stringify([COMMENT]),
    };
    const app = await bootDocumented(await example('production.js'), { env });
    const { pubClient, subClient } = app.strapi.$io.server.of('/').adapter;
    t.after(async () => {
      await app.close();
      await Promise.all([pubClient.close(), subClient.close()]);
      await redis.kill();
    });
    assert.ok(app.log.some(({ text }) => text === '[Socket.IO] Redis adapter connected'));
    await app.grant('public', COMMENT, 'find');
    const client = await connect(app.url);
    await app.strapi.documents(COMMENT).create({ data: { text: 'b' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['comment:create']);

    const emitting = createClient({ url: env.REDIS_URL });
    await emitting.connect();
    const heard = client.next('elsewhere');
    new Emitter(emitting).emit('elsewhere', 1);
    assert.equal(await heard, 1);
    emitting.destroy();
    client.close();

    const { pingTimeout, pingInterval, maxHttpBufferSize } = app.strapi.$io.server.engine.opts;
    assert.deepEqual([pingTimeout, pingInterval, maxHttpBufferSize], [60000, 25000, 1e6]);
    const place = `${app.url}/socket.io/?EIO=4&transport=polling`;
    const { headers } = await fetch(place, { headers: { origin: env.CLIENT_URL } });
    assert.equal(headers.get('access-control-allow-origin'), env.CLIENT_URL);
    assert.equal(headers.get('access-control-allow-credentials'), 'true');
  });
});
