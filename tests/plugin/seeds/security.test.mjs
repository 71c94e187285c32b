// README, "Security": session tokens of admins, rate limits, address lists, and the API that watches over sessions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from '../support/admins.mjs';
import { connect, refused } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('documentation: admin session tokens and their API', { timeout: 300_000 }, () => {
  let app;
  let admin;
  let ada;
  let access;

  before(async () => {
    app = await bootDocumented(inConfig(''));
    admin = adminActions(app);
    ada = await admin.addAdmin('ada');
    access = await admin.login('ada');
  });
  after(() => app?.close());

  it('1. to 4.: ask with the admin’s JWT, connect with the token, be known by as little as needed', async () => {
    const asked = Date.now();
    const { status, body } = await admin.session(access);
    assert.equal(status, 200);
    assert.match(body.token, UUID);
    const TTL = 600_000;
    assert.ok(body.expiresAt - asked >= TTL && body.expiresAt - Date.now() <= TTL, '10 minutes');
    assert.equal(Math.round((body.expiresAt - body.refreshAfter) / TTL / 0.1), 3, 'at 70 %');

    const again = await admin.session(access);
    assert.equal(again.status, 429, 'one in 30 seconds');
    assert.ok(again.body.error.details.retryAfter <= 30_000);

    const client = await connect(app.url, { auth: admin.auth(body.token) });
    const document = { uid: 'api::article.article', documentId: 'a' };
    const { editors } = await client.ask('presence:join', document);
    assert.deepEqual(editors[0].user, { id: ada.id, firstname: 'ada', lastname: 'Admin' });
    client.close();

    for (let use = 2; use <= 10; use += 1) {
      (await connect(app.url, { auth: admin.auth(body.token) })).close();
    }
    const { data } = await refused(app.url, { auth: admin.auth(body.token) });
    assert.equal(data.code, 'INVALID_TOKEN', 'ten connections, no more');
  });

  it('tokens are stored as SHA-256 hashes: the database knows none', async () => {
    const { body } = await admin.session(await admin.login('ada'));
    const rows = await app.strapi.db.connection('strapi_core_store_settings').select('value');
    assert.ok(!JSON.stringify(rows).includes(body.token));
  });

  it('GET /io/security/sessions', async () => {
    const client = await admin.enter('ada');
    const { status, body } = await admin.request('GET', '/io/security/sessions', { token: access });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      data: {
        activeSessions: 3,
        expiringSoon: 0,
        activeSocketConnections: 1,
        sessionTTL: 600000,
        refreshCooldown: 30000,
      },
    });
    client.close();
  });

  it('POST /io/security/invalidate/:userId', async () => {
    const client = await admin.enter('ada');
    const place = `/io/security/invalidate/${ada.id}`;
    const { status, body } = await admin.request('POST', place, { token: access });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      data: {
        userId: ada.id,
        invalidatedSessions: 4,
        message: 'Successfully invalidated 4 session(s)',
      },
    });
    assert.equal(await client.disconnected(), 'io server disconnect');
    await refused(app.url, { auth: admin.auth(client.token) });
    const { body: left } = await admin.request('GET', '/io/security/sessions', { token: access });
    assert.deepEqual([left.data.activeSessions, left.data.activeSocketConnections], [0, 0]);
  });
});

describe('documentation: security options', { timeout: 300_000 }, () => {
  it('rate limiting: ten events per second, fifty connections from one address', async (t) => {
    const app = await bootDocumented(await example('security-rate-limit.js'));
    t.after(() => app.close());
    const client = await connect(app.url, { transports: ['websocket'] });
    const answers = await Promise.all(Array.from({ length: 15 }, () => client.ask('get-rooms')));
    const passed = answers.filter(({ success }) => success === true).length;
    assert.ok(passed >= 10 && passed < 15, `${passed} of 15 passed`);
    assert.ok(client.socket.connected, 'a burst is refused, not punished');
    const more = await Promise.all(
      Array.from({ length: 49 }, () => connect(app.url, { transports: ['websocket'] })),
    );
    await refused(app.url, { transports: ['websocket'] });
    more.pop().close();
    client.close();
    for (const one of more) one.close();
  });

  it('address lists and required authentication', async (t) => {
    const app = await bootDocumented(await example('security-addresses.js'), {
      files: {
        'config/server.js': `module.exports = {
          host: '127.0.0.1',
          port: 0,
          proxy: { koa: true },
          app: { keys: ['one', 'two'] },
          logger: { startup: { enabled: false } },
        };`,
      },
    });
    t.after(() => app.close());
    const { jwt: token } = await app.addUser('john');
    const from = (address) => ({ extraHeaders: { 'X-Forwarded-For': address } });
    for (const address of ['192.168.1.77', '10.0.0.1']) {
      (await connect(app.url, { ...from(address), auth: { token } })).close();
      const { message, data } = await refused(app.url, from(address));
      assert.deepEqual(
        [message, data.code],
        ['Authentication required', 'AUTHENTICATION_REQUIRED'],
      );
    }
    for (const address of ['203.0.113.50', '192.168.2.1', '10.0.0.2']) {
      await refused(app.url, { ...from(address), auth: { token } });
    }
    const { accessKey } = await app.strapi.service('admin::api-token-content-api').create({
      name: 'reader',
      description: '',
      type: 'read-only',
      lifespan: null,
    });
    const auth = { strategy: 'api-token', token: accessKey };
    (await connect(app.url, { ...from('10.0.0.1'), auth })).close();
  });
});
