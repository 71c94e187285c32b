// Connection state recovery of clients that chose single entities, for each kind of client.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';

describe('recovery with entity subscriptions', { timeout: 120_000 }, () => {
  let app;
  const clients = [];
  let users = 0;
  const notes = () => app.strapi.documents(NOTE);
  const sentTo = (client, event) =>
    app.strapi.$io.raw({ event, data: 1, rooms: [client.socket.id] });

  /** A client that has received something, so that it has an offset to come back with. */
  const join = async (auth, options) => {
    const client = await connect(app.url, { auth, ...options });
    clients.push(client);
    const heard = client.next('hello');
    await sentTo(client, 'hello');
    await heard;
    return client;
  };
  const leave = async (client) => {
    const server = app.strapi.$io.server.sockets.sockets.get(client.socket.id);
    const gone = new Promise((resolve) => server.once('disconnect', resolve));
    client.socket.io.engine.close();
    await Promise.all([gone, client.disconnected()]);
    client.take();
  };
  const comeBack = async (client) => {
    const connected = client.next('connect');
    client.socket.connect();
    await connected;
    // Answered after the subscriptions are there again.
    await client.ask('get-entity-subscriptions');
    await app.flush(client);
    return client.socket.recovered;
  };
  const subscribe = async (client, id) => {
    const answer = await client.ask('subscribe-entity', { uid: NOTE, id });
    assert.equal(answer.success, true, answer.error);
  };
  const heardOf = (client) => client.take().map(({ event, data }) => [event, data.text]);
  const tokens = () => app.strapi.service('admin::api-token-content-api');
  const makeToken = (name, permissions = [`${NOTE}.find`]) =>
    tokens().create({ name, description: '', type: 'custom', lifespan: null, permissions });

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      socket: { serverOptions: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } } },
      namespaces: { enabled: true, list: { chat: { requireAuth: false } } },
    });
    await app.grant('authenticated', NOTE, 'find');
    await app.grant('public', NOTE, 'find');
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  const auths = {
    public: () => ({}),
    jwt: async () => ({ token: (await app.addUser('subscriber')).jwt }),
    'api-token': async () => ({
      strategy: 'api-token',
      token: (await makeToken('subscriber')).accessKey,
    }),
  };
  for (const [kind, auth] of Object.entries(auths)) {
    it(`gives a ${kind} client its subscriptions back, and the events it missed`, async () => {
      const client = await join(await auth());
      const [one, two, other] = [
        await notes().create({ data: { text: 'one' } }),
        await notes().create({ data: { text: 'two' } }),
        await notes().create({ data: { text: 'other' } }),
      ];
      await subscribe(client, one.documentId);
      // By the number of its row.
      await subscribe(client, two.id);
      const write = async (text) => {
        for (const { documentId } of [one, two, other]) {
          await notes().update({ documentId, data: { text: `${documentId} ${text}` } });
        }
      };
      const expected = (text) =>
        [one, two].map(({ documentId }) => ['note:update', `${documentId} ${text}`]);
      const before = await client.ask('get-entity-subscriptions');
      await app.flush(client);
      client.take();
      await leave(client);
      await write('missed');
      assert.equal(await comeBack(client), true);
      assert.deepEqual(heardOf(client), expected('missed'));
      assert.deepEqual(await client.ask('get-entity-subscriptions'), before);

      await write('later');
      await app.flush(client);
      assert.deepEqual(heardOf(client), expected('later'));

      const { success } = await client.ask('unsubscribe-entity', { uid: NOTE, id: two.id });
      assert.equal(success, true);
      await write('one only');
      await app.flush(client);
      assert.deepEqual(heardOf(client), expected('one only').slice(0, 1));
    });
  }

  const others = {
    'nobody in particular': () => ({}),
    'another user': async () => ({ token: (await app.addUser(`another${(users += 1)}`)).jwt }),
    'another token': async () => ({
      strategy: 'api-token',
      token: (await makeToken(`another${(users += 1)}`)).accessKey,
    }),
  };
  for (const [name, auth] of Object.entries(others)) {
    for (const namespace of ['', '/chat']) {
      it(`is not for ${name} who comes with the session of a token (${namespace || '/'})`, async () => {
        const { accessKey, id } = await makeToken(`first ${name} ${namespace}`);
        const client = await connect(`${app.url}${namespace}`, {
          auth: { strategy: 'api-token', token: accessKey },
        });
        clients.push(client);
        const nsp = app.strapi.$io.server.of(namespace || '/');
        await client.ask('join-room', 'secret-club');
        const heard = client.next('hello');
        nsp.to(client.socket.id).emit('hello', 1);
        await heard;
        const server = nsp.sockets.get(client.socket.id);
        const gone = new Promise((resolve) => server.once('disconnect', resolve));
        client.socket.io.engine.close();
        await Promise.all([gone, client.disconnected()]);
        client.take();
        nsp.to('secret-club').emit('secret', id);
        client.socket.auth = await auth();
        const connected = client.next('connect');
        client.socket.connect();
        await connected;
        const { rooms } = await client.ask('get-rooms');
        assert.equal(client.socket.recovered, false);
        assert.ok(!rooms.includes('secret-club'), String(rooms));
        assert.deepEqual(client.names(), []);
      });
    }
  }

  it('brings nothing of what the role may not read any more', async () => {
    const { jwt: token } = await app.addUser('narrowed', 'authenticated');
    const client = await join({ token });
    const { documentId } = await notes().create({ data: { text: 'kept' } });
    await subscribe(client, documentId);
    await leave(client);
    await notes().update({ documentId, data: { text: 'not any more' } });
    await app.flush();
    const permissions = app.strapi.db.query('plugin::users-permissions.permission');
    const { id: role } = await app.role('authenticated');
    await permissions.delete({ where: { action: `${NOTE}.find`, role } });
    try {
      assert.equal(await comeBack(client), false);
      assert.deepEqual(client.names(), []);
      const { subscriptions } = await client.ask('get-entity-subscriptions');
      assert.deepEqual(subscriptions, []);
      await notes().update({ documentId, data: { text: 'still not' } });
      await app.flush(client);
      assert.deepEqual(client.names(), []);
    } finally {
      await app.grant('authenticated', NOTE, 'find');
    }
  });

  it('brings what is sent while a middleware of the application is at work', async () => {
    const client = await join({ token: (await app.addUser('slow')).jwt });
    await leave(client);
    app.strapi.$io.server.use((_, next) => {
      notes()
        .create({ data: { text: 'meanwhile' } })
        .then(() => app.flush())
        .then(() => next(), next);
    });
    assert.equal(await comeBack(client), true);
    assert.deepEqual(heardOf(client), [['note:create', 'meanwhile']]);
  });
});
