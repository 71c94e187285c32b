import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';

const NAME_ERROR = 'Invalid room name: expected 1 to 128 letters, digits or any of _ . : @ / # + -';
const RESERVED = { success: false, error: 'This room is reserved' };

describe('rooms that clients join', { timeout: 120_000 }, () => {
  let app;
  let john;
  let guest;

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      rooms: {
        autoJoinByRole: { AUTHENTICATED: ['members'], public: ['visitors', 'Authenticated'] },
      },
      events: [
        { name: 'try-join', handler: (_context, socket, room) => socket.join(room) },
        { name: 'leave-room', handler: (_context, _socket, _room, ack) => ack('mine') },
      ],
    });
    const { jwt, user } = await app.addUser('john');
    app.user = user;
    john = await connect(app.url, { auth: { token: jwt } });
    guest = await connect(app.url);
  });

  after(async () => {
    john?.close();
    guest?.close();
    await app?.close();
  });

  it('join-room and get-rooms answer', async () => {
    const room = 'chat:42';
    assert.deepEqual(await guest.ask('join-room', room), { success: true, room });
    assert.deepEqual(await guest.ask('join-room', room), { success: true, room });
    const { success, rooms } = await guest.ask('get-rooms');
    assert.equal(success, true);
    assert.deepEqual(rooms.sort(), ['Public', room, 'visitors']);
    app.strapi.$io.server.to(room).emit('said', 1);
    await app.flush(guest, john);
    assert.deepEqual(guest.take(), [{ event: 'said', data: 1 }]);
    assert.deepEqual(john.take(), []);
  });

  it('an event the application handles is left to it', async () => {
    assert.equal(await guest.ask('leave-room', 'chat:42'), 'mine');
  });

  it('rooms that stand for somebody cannot be joined, whatever the event', async () => {
    const principals = app.strapi.plugin('io').service('principals');
    const role = await app.role('authenticated');
    const reserved = [
      'Authenticated',
      john.socket.id,
      `${NOTE}:1`,
      `${NOTE}:abcdefghijklmnopqrstuvwx`,
      `io:watching:${NOTE}`,
      principals.roomFor('role', role.id),
      principals.roomFor('token', 1),
    ];
    for (const room of reserved) {
      assert.deepEqual(await guest.ask('join-room', room), RESERVED, room);
      guest.socket.emit('try-join', room);
    }
    const server = app.strapi.$io.server;
    for (const room of reserved) server.to(room).emit('for-its-members', room);
    await app.flush(guest, john);
    assert.deepEqual(guest.take(), []);
    assert.deepEqual(
      john.take().map(({ data }) => data),
      ['Authenticated', john.socket.id, principals.roomFor('role', role.id)],
    );
    const failures = app.log.filter(({ text }) => text.includes('is reserved for'));
    assert.ok(failures.some(({ text }) => text.includes('for the socket of that id')));
    assert.ok(failures.some(({ text }) => text.includes('for the subscribers of the entity')));
  });

  it('what is no room name is refused', async () => {
    for (const name of ['', 'a b', 'a\nb', 'x'.repeat(129), 7, null, {}, ['a'], true]) {
      const answer = await guest.ask('join-room', name);
      assert.deepEqual(answer, { success: false, error: NAME_ERROR }, JSON.stringify(name));
    }
    assert.deepEqual(await guest.ask('join-room'), { success: false, error: NAME_ERROR });
    // Without an acknowledgement there is nobody to tell, and nothing happens.
    guest.socket.emit('join-room');
    guest.socket.emit('join-room', { toString: 1 }, 2, 3);
    guest.socket.emit('private-message', null);
    await app.flush(guest);
  });

  it('sockets join the rooms of their role, by its name or type in any case, and only these', async () => {
    const io = app.strapi.$io;
    const ids = async (room) => (await io.getSocketsInRoom(room)).map(({ id }) => id);
    assert.deepEqual(await ids('members'), [john.socket.id]);
    assert.deepEqual(await ids('visitors'), [guest.socket.id]);
    // Listed for the public role, and yet the room of another role.
    assert.deepEqual(await ids('Authenticated'), [john.socket.id]);
    assert.deepEqual(await guest.ask('join-room', 'members'), {
      success: false,
      error: 'This room is reserved for other roles',
    });
    assert.deepEqual(await john.ask('join-room', 'members'), { success: true, room: 'members' });
  });

  it('rooms of roles that the panel changes are joined and left at once', async () => {
    const settings = app.strapi.plugin('io').service('settings');
    const { autoJoinByRole } = app.strapi.$ioSettings.rooms;
    const members = async () => (await app.strapi.$io.getSocketsInRoom('hall')).map(({ id }) => id);
    await settings.update({ rooms: { autoJoinByRole: { ...autoJoinByRole, Public: ['hall'] } } });
    await app.flush(guest);
    assert.deepEqual(await members(), [guest.socket.id]);
    await settings.update({ rooms: { autoJoinByRole } });
    await app.flush(guest);
    assert.deepEqual(await members(), []);
  });

  it('private-message reaches one socket', async () => {
    const message = john.next('private-message');
    const sent = await guest.ask('private-message', { to: john.socket.id, message: 'hello' });
    assert.deepEqual(sent, { success: true });
    const { timestamp, ...rest } = await message;
    assert.deepEqual(rest, { from: guest.socket.id, fromUser: 'anonymous', message: 'hello' });
    assert.equal(typeof timestamp, 'number');
    const answer = guest.next('private-message');
    await john.ask('private-message', { to: guest.socket.id, message: 'hi' });
    assert.equal((await answer).fromUser, 'john');
  });

  it('private-message refuses rooms, strangers and what is no message', async () => {
    const refuse = async (payload) => {
      const { success, error } = await guest.ask('private-message', payload);
      assert.equal(success, false, JSON.stringify(payload));
      return error;
    };
    john.take();
    for (const to of ['Authenticated', 'members', 'chat:42', 'nobody']) {
      assert.equal(await refuse({ to, message: 'x' }), 'Target socket not found');
    }
    assert.match(await refuse({ to: 7, message: 'x' }), /Invalid recipient/);
    for (const message of ['', 7, {}, 'x'.repeat(10_001), undefined]) {
      assert.match(await refuse({ to: john.socket.id, message }), /Invalid message/);
    }
    for (const payload of [null, undefined, 'x', []]) {
      assert.match(await refuse(payload), /Invalid parameters/);
    }
    await app.flush(john);
    assert.deepEqual(john.take(), []);
  });

  it('no socket joins more than a hundred rooms, however fast it asks', async () => {
    const client = await connect(app.url);
    const asked = Array.from({ length: 101 }, (_, i) => client.ask('join-room', `room-${i}`));
    const answers = await Promise.all(asked);
    assert.equal(answers.filter(({ success }) => success).length, 100);
    const { rooms } = await client.ask('get-rooms');
    assert.equal(rooms.filter((room) => room.startsWith('room-')).length, 100);
    const { error } = await client.ask('join-room', 'one-more');
    assert.equal(error, 'No more than 100 rooms may be joined');
    client.close();
  });
});

describe('rooms.enablePrivateRooms: false', { timeout: 120_000 }, () => {
  it('leaves the rooms of the role', async (t) => {
    const app = await boot({
      rooms: { enablePrivateRooms: false, autoJoinByRole: { public: ['lobby'] } },
    });
    t.after(() => app.close());
    const client = await connect(app.url);
    const disabled = { success: false, error: 'Private rooms are disabled' };
    assert.deepEqual(await client.ask('join-room', 'secret-club'), disabled);
    assert.deepEqual(await client.ask('leave-room', 'lobby'), { success: true, room: 'lobby' });
    assert.deepEqual((await client.ask('get-rooms')).rooms, ['Public']);
    assert.deepEqual(await client.ask('join-room', 'lobby'), { success: true, room: 'lobby' });
    assert.deepEqual(await client.ask('leave-room', 'Public'), RESERVED);
    assert.deepEqual(await client.ask('leave-room', 'never-joined'), {
      success: true,
      room: 'never-joined',
    });
    assert.deepEqual(await client.ask('private-message', { to: 'x', message: 'x' }), {
      success: false,
      error: 'Private messages are disabled',
    });
    client.close();
  });
});
