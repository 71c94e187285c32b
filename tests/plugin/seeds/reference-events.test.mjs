// Configuration reference, `events`: handlers, each as it is written there, in one file.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const NAMES = ['skeleton', 'connection', 'disconnect', 'chat', 'typing', 'room'];

/** What the last example calls and leaves to the reader. */
const HISTORY = `const fetchRoomHistory = async (roomId) => [{ roomId, text: 'the first message' }];\n`;

describe('documentation: events', { timeout: 300_000 }, () => {
  let app;
  let john;
  let guest;
  let user;

  before(async () => {
    const lists = [];
    for (const name of NAMES) {
      lists.push((await example(`reference-events-${name}.js`)).replace(/^events: /, '...'));
    }
    const rooms = "rooms: { autoJoinByRole: { authenticated: ['members-only'] } }";
    app = await bootDocumented(inConfig(`events: [${lists.join(',\n')}], ${rooms}`, HISTORY));
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

  it('the skeleton: an event that nothing answers disturbs nothing', async () => {
    guest.socket.emit('event-name', 1, 'two', { three: 3 });
    await app.flush(guest);
    assert.deepEqual(
      app.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('connection and disconnect', async () => {
    const client = await connect(app.url);
    await app.flush(client);
    const [{ event, data }] = client.take();
    const { id } = client.socket;
    assert.equal(event, 'welcome');
    assert.deepEqual([data.message, typeof data.timestamp], ['Connected to Strapi!', 'number']);
    const gone = once(app.strapi.$io.server.sockets.sockets.get(id), 'disconnect');
    client.close();
    await gone;
    const lines = app.log.map(({ text }) => text);
    assert.ok(lines.includes(`[io] Socket connected: ${id}`));
    assert.ok(lines.includes(`[io] Socket ${id} disconnected: client namespace disconnect`));
  });

  it('room:join with canAccessRoom', async () => {
    const history = john.next('room:history');
    john.socket.emit('room:join', { roomId: 'general' });
    assert.deepEqual(await history, [{ roomId: 'general', text: 'the first message' }]);
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

  it('chat:message, its validation, and typing', async () => {
    const message = john.next('chat:message');
    guest.socket.emit('chat:message', { room: 'general', text: 'hello' });
    const { id, text } = await message;
    assert.deepEqual([id, text], [guest.socket.id, 'hello']);

    for (const bad of ['', 'x'.repeat(501)]) {
      const invalid = guest.next('error');
      guest.socket.emit('chat:message', { room: 'general', text: bad });
      assert.deepEqual(await invalid, { message: 'Invalid message' });
    }

    const typing = guest.next('user:typing');
    john.socket.emit('typing:start', { roomId: 'general' });
    assert.deepEqual(await typing, { userId: user.id, roomId: 'general' });
    const stopped = guest.next('user:stopped-typing');
    john.socket.emit('typing:stop', { roomId: 'general' });
    assert.deepEqual(await stopped, { userId: user.id, roomId: 'general' });
  });

  it('a handler that the client makes fail is reported, and the next message is heard', async () => {
    guest.socket.emit('typing:start');
    guest.socket.emit('chat:message', null);
    const again = john.next('chat:message');
    guest.socket.emit('chat:message', { room: 'general', text: 'still here' });
    assert.equal((await again).text, 'still here');
    assert.ok(app.log.some(({ text: line }) => line.includes('the handler of "typing:start"')));
  });
});
