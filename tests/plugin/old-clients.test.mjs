// Clients written for 2.x and 5.0.x of the plugin connect to this one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import ioV2 from 'socket.io-client-v2';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';

const whoami = {
  name: 'whoami',
  handler: (_context, socket, ack) => ack({ user: socket.user, rooms: [...socket.rooms] }),
};

/** Connects a socket.io-client 2.x; resolves with the client, or with the error it was refused with. */
const connectV2 = (url, options = {}) =>
  new Promise((resolve, reject) => {
    const socket = ioV2(url, { forceNew: true, reconnection: false, ...options });
    const timer = setTimeout(() => reject(new Error('timed out: connect (2.x)')), 15_000);
    const done = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.once('connect', () => done(socket));
    for (const event of ['connect_error', 'error']) socket.once(event, done);
  });

const nextV2 = (socket, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`timed out: ${event} (2.x)`)), 15_000);
    socket.once(event, (data) => {
      clearTimeout(timer);
      resolve(data);
    });
  });

describe('a logged-out visitor of an old client', { timeout: 120_000 }, () => {
  let app;

  before(async () => {
    app = await boot({ contentTypes: [NOTE], events: [whoami] });
  });
  after(() => app?.close());

  const EMPTY = [undefined, null, '', false];

  it('connects as Public whatever strategy it names', async () => {
    for (const strategy of ['jwt', 'api-token', '', null, undefined]) {
      for (const token of EMPTY) {
        const client = await connect(app.url, { auth: { strategy, token } });
        const { user, rooms } = await client.ask('whoami');
        assert.equal(user, null, JSON.stringify({ strategy, token }));
        assert.ok(rooms.includes('Public'), JSON.stringify({ strategy, token }));
        client.close();
      }
    }
  });

  it('takes an empty strategy for the default one where there is a token', async () => {
    const { jwt } = await app.addUser('visitor');
    const client = await connect(app.url, { auth: { strategy: '', token: jwt } });
    assert.equal((await client.ask('whoami')).user.username, 'visitor');
    client.close();
  });

  it('is refused with a token that is not good', async () => {
    for (const strategy of ['jwt', 'api-token', '', undefined]) {
      for (const token of ['undefined', 'null', ' ', 'x', {}, 1]) {
        const { data } = await refused(app.url, { auth: { strategy, token } });
        assert.deepEqual(data, { code: 'INVALID_TOKEN' }, JSON.stringify({ strategy, token }));
      }
    }
  });

  it('is refused with a strategy there is none of, and as an admin without a token', async () => {
    const codeFor = async (auth) => (await refused(app.url, { auth })).data.code;
    assert.equal(await codeFor({ strategy: 'token', token: '' }), 'UNKNOWN_STRATEGY');
    assert.equal(await codeFor({ strategy: 'admin-jwt', token: '' }), 'MISSING_TOKEN');
  });

  it('is refused while the settings require a login', async (t) => {
    const settings = app.strapi.plugin('io').service('settings');
    await settings.update({ security: { requireAuthentication: true } });
    t.after(() => settings.update({ security: { requireAuthentication: false } }));
    for (const token of EMPTY) {
      const { data } = await refused(app.url, { auth: { strategy: 'jwt', token } });
      assert.deepEqual(data, { code: 'AUTHENTICATION_REQUIRED' });
    }
  });
});

describe('socket.io-client 2.x', { timeout: 120_000 }, () => {
  let app;

  before(async () => {
    app = await boot({ contentTypes: [NOTE] });
    await app.grant('public', NOTE, 'find');
  });
  after(() => app?.close());

  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    it(`gets content events over ${transports.join(', then ')}`, async (t) => {
      const client = await connectV2(app.url, { transports });
      t.after(() => client.close?.());
      assert.equal(client.connected, true, String(client));
      const event = nextV2(client, 'note:create');
      const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
      assert.equal((await event).documentId, documentId);
    });
  }
});

describe('allowEIO3: false', { timeout: 120_000 }, () => {
  it('refuses socket.io-client 2.x', async (t) => {
    const app = await boot({ socket: { serverOptions: { allowEIO3: false } } });
    t.after(() => app.close());
    const answer = await connectV2(app.url, { transports: ['websocket'] });
    assert.notEqual(answer.connected, true);
    (await connect(app.url)).close();
  });
});
