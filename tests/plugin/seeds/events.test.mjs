// `events` and `hooks` of the configuration reference, as they are written there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from '../support/app.mjs';
import { connect } from '../support/client.mjs';

const disconnects = [];

const config = {
  events: [
    {
      name: 'connection',
      handler({ strapi }, socket) {
        strapi.log.info(`[io] Socket connected: ${socket.id}`);
        socket.emit('welcome', { message: 'Connected to Strapi!', timestamp: Date.now() });
      },
    },
    {
      name: 'disconnect',
      handler({ strapi }, socket, reason) {
        strapi.log.info(`[io] Socket ${socket.id} disconnected: ${reason}`);
        disconnects.shift()?.(reason);
      },
    },
    {
      name: 'chat:message',
      handler({ io }, socket, message) {
        if (!message.text || message.text.length > 500) {
          socket.emit('error', { message: 'Invalid message' });
          return;
        }
        io.server.to(message.room).emit('chat:message', {
          id: socket.id,
          text: message.text,
          timestamp: Date.now(),
        });
      },
    },
    {
      name: 'typing:start',
      handler(_context, socket, { roomId }) {
        socket.to(roomId).emit('user:typing', { userId: socket.data.userId, roomId });
      },
    },
    {
      name: 'typing:stop',
      handler(_context, socket, { roomId }) {
        socket.to(roomId).emit('user:stopped-typing', { userId: socket.data.userId, roomId });
      },
    },
    {
      name: 'room:join',
      async handler({ strapi }, socket, { roomId }) {
        const hasAccess = await strapi
          .plugin('io')
          .service('permissions')
          .canAccessRoom(socket.data.userId, roomId);
        if (!hasAccess) {
          socket.emit('error', { message: 'Access denied' });
          return;
        }
        socket.join(roomId);
        socket.to(roomId).emit('user:joined', { userId: socket.data.userId, roomId });
        socket.emit('room:history', []);
      },
    },
  ],
  hooks: {
    init({ strapi, io }) {
      io.server.use((socket, next) => {
        strapi.log.info(`Connection attempt from ${socket.handshake.address}`);
        socket.data.connectedAt = Date.now();
        next();
      });
      strapi.log.info('[io] Custom middleware registered');
    },
  },
  rooms: { autoJoinByRole: { authenticated: ['members-only'] } },
};

describe('documentation: events', { timeout: 120_000 }, () => {
  let app;
  let john;
  let guest;
  let user;

  before(async () => {
    app = await boot(config);
    const added = await app.addUser('john');
    ({ user } = added);
    john = await connect(app.url, { auth: { strategy: 'jwt', token: added.jwt } });
    guest = await connect(app.url);
  });

  after(async () => {
    john?.close();
    guest?.close();
    await app?.close();
  });

  it('hooks.init: a middleware of the application', async () => {
    const [socket] = await app.strapi.$io.server.in(john.socket.id).fetchSockets();
    assert.equal(typeof socket.data.connectedAt, 'number');
    assert.equal(socket.data.userId, user.id);
    assert.ok(app.log.some(({ text }) => text.startsWith('Connection attempt from ')));
  });

  it('connection and disconnect', async () => {
    const client = await connect(app.url);
    await app.flush(client);
    const [{ event, data }] = client.take();
    assert.equal(event, 'welcome');
    assert.equal(data.message, 'Connected to Strapi!');
    const reason = new Promise((resolve) => disconnects.push(resolve));
    client.close();
    assert.equal(await reason, 'client namespace disconnect');
  });

  it('room:join with canAccessRoom', async () => {
    const history = john.next('room:history');
    john.socket.emit('room:join', { roomId: 'general' });
    assert.deepEqual(await history, []);
    const joined = john.next('user:joined');
    guest.socket.emit('room:join', { roomId: 'general' });
    assert.deepEqual(await joined, { userId: null, roomId: 'general' });
  });

  it('canAccessRoom refuses the rooms of others', async () => {
    const { canAccessRoom } = app.strapi.plugin('io').service('permissions');
    const closed = [
      'Authenticated',
      'members-only',
      john.socket.id,
      'api::article.article:1',
      'io:watching:api::article.article',
      '',
      'a b',
      undefined,
      { toString: 1 },
    ];
    for (const roomId of closed) assert.equal(await canAccessRoom(null, roomId), false);
    for (const roomId of ['Authenticated', 'members-only', 'general']) {
      assert.equal(await canAccessRoom(user.id, roomId), true, roomId);
    }
    assert.equal(await canAccessRoom(999_999, 'general'), false);
    const denied = guest.next('error');
    guest.socket.emit('room:join', { roomId: 'Authenticated' });
    assert.deepEqual(await denied, { message: 'Access denied' });
  });

  it('chat:message and typing', async () => {
    const message = john.next('chat:message');
    guest.socket.emit('chat:message', { room: 'general', text: 'hello' });
    const { id, text } = await message;
    assert.deepEqual([id, text], [guest.socket.id, 'hello']);

    const invalid = guest.next('error');
    guest.socket.emit('chat:message', { room: 'general', text: '' });
    assert.deepEqual(await invalid, { message: 'Invalid message' });

    const typing = guest.next('user:typing');
    john.socket.emit('typing:start', { roomId: 'general' });
    assert.deepEqual(await typing, { userId: user.id, roomId: 'general' });
    const stopped = guest.next('user:stopped-typing');
    john.socket.emit('typing:stop', { roomId: 'general' });
    assert.deepEqual(await stopped, { userId: user.id, roomId: 'general' });

    // A handler that the client makes fail is reported, and the next message is heard.
    guest.socket.emit('typing:start');
    guest.socket.emit('chat:message', null);
    const again = john.next('chat:message');
    guest.socket.emit('chat:message', { room: 'general', text: 'still here' });
    assert.equal((await again).text, 'still here');
    assert.ok(app.log.some(({ text: line }) => line.includes('the handler of "typing:start"')));
  });
});
