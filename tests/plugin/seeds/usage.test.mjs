// README, "Usage Examples": on the server, subscriptions to entities by a client, and rooms.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';
import { openPage } from './support/page.mjs';
import { runExample } from './support/run.mjs';

const ARTICLE = 'api::article.article';

describe('documentation: usage', { timeout: 300_000 }, () => {
  let app;
  let strapi;
  let john;
  let guest;
  /** What the examples call `socketId`. */
  let socketId;

  before(async () => {
    const namespaces = 'namespaces: { enabled: true, list: { admin: { requireAuth: false } } }';
    app = await bootDocumented(inConfig(`contentTypes: ['${ARTICLE}'], ${namespaces}`));
    ({ strapi } = app);
    await app.grant('authenticated', ARTICLE, 'find');
    const { jwt } = await app.addUser('john');
    john = await connect(app.url, { auth: { token: jwt } });
    guest = await connect(app.url);
    socketId = john.socket.id;
  });
  after(async () => {
    john?.close();
    guest?.close();
    await app?.close();
  });

  it('server-side: to all, to one, to a room, to a namespace', async () => {
    strapi.$io.joinRoom(socketId, 'admin-room');
    const admin = await connect(`${app.url}/admin`);
    const alert = admin.next('alert');
    await runExample(await example('server-side.js'), { strapi, socketId });
    assert.deepEqual(await alert, { message: 'New user registered' });
    await app.flush(john, guest);
    const notification = {
      event: 'notification',
      data: { message: 'Server maintenance in 5 minutes', type: 'warning' },
    };
    assert.deepEqual(guest.take(), [notification]);
    const byName = (a, b) => (a.event < b.event ? -1 : 1);
    assert.deepEqual(john.take().sort(byName), [
      { event: 'dashboard:update', data: { activeUsers: 42, revenue: 15000 } },
      notification,
      { event: 'order:updated', data: { orderId: 123, status: 'shipped' } },
    ]);
    admin.close();
  });

  it('entity-specific subscriptions: article 123, and no other', async (t) => {
    const page = openPage(app.url);
    t.after(() => page.close());
    // Rows get their numbers from the database: this one gets the number of the example.
    const row = { id: 123, documentId: 'one-two-three', title: 'a', publishedAt: new Date() };
    await strapi.db.query(ARTICLE).create({ data: row });
    await strapi.db.query(ARTICLE).create({ data: { ...row, id: 124, documentId: 'another' } });
    await app.flush(john);
    john.take();
    const [subscribe, unsubscribe] = (await example('entity-subscriptions-client.js')).split(
      /^(?=\/\/ Unsubscribe)/m,
    );
    const { socket } = john;
    await page.run(subscribe, [], { socket });
    await page.said('Subscribed to article 123');
    const write = (id, title) =>
      strapi.db.query(ARTICLE).update({ where: { id }, data: { title } });
    await write(124, 'not heard');
    await write(123, 'b');
    const [, updated] = await page.said('Article 123 was updated:');
    assert.deepEqual([updated.id, updated.documentId, updated.title], [123, 'one-two-three', 'b']);
    await app.flush(john);
    assert.deepEqual(john.take().length, 1);

    await page.run(unsubscribe, [], { socket });
    assert.deepEqual(await john.ask('get-entity-subscriptions'), {
      success: true,
      subscriptions: [],
    });
    await write(124, 'heard again');
    await app.flush(john);
    assert.deepEqual(
      john.take().map(({ data }) => data.title),
      ['heard again'],
    );
  });

  it('room management', async () => {
    const victim = await connect(app.url);
    const offer = victim.next('exclusive-offer');
    const told = victim.next('io:disconnected');
    const lines = [];
    const console = { log: (line) => lines.push(line) };
    await runExample(await example('room-management.js'), {
      strapi,
      socketId: victim.socket.id,
      console,
    });
    assert.deepEqual(lines, ['1 premium users online']);
    assert.deepEqual(await offer, { discount: 20, expiresIn: '24h' });
    assert.deepEqual(await told, { reason: 'Kicked by admin' });
    assert.equal(await victim.disconnected(), 'io server disconnect');
    assert.deepEqual(await strapi.$io.getSocketsInRoom('premium-users'), []);
  });
});
