// The helpers over two nodes with the Redis adapter, connected as the documentation shows it.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connect } from './support/client.mjs';
import { bootNode } from './support/redis-node.mjs';
import { redisUrl, withoutRedis } from './support/redis-server.mjs';

const NOTE = 'api::note.note';

describe('helpers over two nodes', { timeout: 150_000, skip: await withoutRedis() }, () => {
  const key = `test-${randomUUID()}`;
  let near;
  let far;
  let $io;
  let client;
  let local;
  let note;

  before(async () => {
    far = fork(new URL('support/redis-node.mjs', import.meta.url), [redisUrl, key]);
    const ready = once(far, 'message', { signal: AbortSignal.timeout(100_000) });
    near = await bootNode(redisUrl, key);
    ({ $io } = near.strapi);
    [note] = await ready;
    client = await connect(note.url);
    local = await connect(near.url);
  });

  after(async () => {
    client?.close();
    local?.close();
    if (far?.connected) {
      const exit = once(far, 'exit');
      far.disconnect();
      await exit;
    }
    await near?.close();
  });

  /** Messages of one node to another keep their order, so what came before the sentinel has come. */
  const seen = async () => {
    await near.flush(client, local);
    return client.take();
  };

  it('joinRoom, getSocketsInRoom and leaveRoom', async () => {
    const { id } = client.socket;
    assert.equal($io.joinRoom(id, 'premium-users'), true);
    await seen();
    assert.deepEqual(await $io.getSocketsInRoom('premium-users'), [{ id, user: null }]);
    assert.equal($io.leaveRoom(id, 'premium-users'), true);
    await seen();
    assert.deepEqual(await $io.getSocketsInRoom('premium-users'), []);
  });

  it('no socket gets into the room of a socket of another node', async () => {
    const reserved = { success: false, error: 'This room is reserved' };
    assert.deepEqual(await local.ask('join-room', client.socket.id), reserved);
  });

  it('clients cannot make all nodes look for sockets as often as they like', async (t) => {
    const { adapter } = $io.server.of('/');
    const search = t.mock.method(adapter, 'fetchSockets');
    const flooder = await connect(near.url);
    const name = (number) => `customer-support-${100 + number}`;
    assert.equal(name(0).length, 20, 'as long as a socket id');
    const answers = [];
    for (let number = 0; number < 300; number += 1) {
      answers.push(await flooder.ask('join-room', name(number)));
      answers.push(await flooder.ask('private-message', { to: name(number), message: 'hello' }));
      // Nothing that looks like a socket id: nobody has to be asked.
      await flooder.ask('private-message', { to: 'nobody', message: 'hello' });
    }
    const searches = search.mock.callCount();
    assert.ok(searches >= 10 && searches < 150, `${searches} of 600 requests reached other nodes`);
    const errors = new Set(answers.map(({ error }) => error));
    assert.ok(errors.has('Too many requests: try again later'), [...errors].join());
    // Others go on, and a socket that was found is not looked for with every message.
    assert.equal((await local.ask('join-room', name(300))).success, true);
    const before = search.mock.callCount();
    for (let message = 0; message < 30; message += 1) {
      const sent = await local.ask('private-message', { to: client.socket.id, message: 'hello' });
      assert.deepEqual(sent, { success: true });
    }
    assert.ok(search.mock.callCount() - before <= 1, 'at most one look-up');
    flooder.close();
    await seen();
  });

  it('sendPrivateMessage, broadcast and private-message', async () => {
    const { id } = client.socket;
    $io.sendPrivateMessage(id, 'order', { id: 1, password: 'x' });
    $io.broadcast(local.socket.id, 'typing', { id: 2 });
    $io.broadcast(id, 'typing', { id: 3 });
    const sent = await local.ask('private-message', { to: id, message: 'hello' });
    assert.deepEqual(sent, { success: true });
    const received = await seen();
    assert.deepEqual(received.slice(0, 2), [
      { event: 'order', data: { id: 1 } },
      { event: 'typing', data: { id: 2 } },
    ]);
    assert.equal(received.length, 3);
    assert.equal(received[2].data.message, 'hello');
  });

  it('entity subscriptions: events of the entity once, others not', async () => {
    const { id: socketId } = client.socket;
    const { documentId } = note;
    const room = `${NOTE}:${documentId}`;
    const done = { success: true, room, uid: NOTE, id: documentId };
    assert.deepEqual(await $io.subscribeToEntity(socketId, NOTE, documentId), done);
    assert.deepEqual(await $io.subscribeToEntity(socketId, NOTE, 'nothing'), {
      success: false,
      error: 'Entity not found',
    });
    assert.deepEqual(await $io.subscribeToEntity('nobody', NOTE, documentId), {
      success: false,
      error: 'Socket not found',
    });
    assert.deepEqual(await $io.getEntityRoomSockets(NOTE, documentId), [
      { id: socketId, user: null },
    ]);

    const emit = (id, text) =>
      $io.emit({ event: 'update', schema: NOTE, data: { documentId: id, text } });
    await emit(documentId, 'mine');
    await emit('another', 'not mine');
    $io.emitToEntity(NOTE, documentId, 'note:commented', { by: 'jane' });
    assert.deepEqual(await seen(), [
      { event: 'note:update', data: { documentId, text: 'mine' } },
      { event: 'note:commented', data: { by: 'jane' } },
    ]);

    assert.deepEqual($io.unsubscribeFromEntity(socketId, NOTE, documentId), done);
    await seen();
    await emit('another', 'all again');
    assert.deepEqual(
      (await seen()).map(({ data }) => data.text),
      ['all again'],
    );
  });

  it('disconnectSocket', async () => {
    const told = client.next('io:disconnected');
    assert.equal($io.disconnectSocket(client.socket.id, 'Kicked by admin'), true);
    assert.deepEqual(await told, { reason: 'Kicked by admin' });
    assert.equal(await client.disconnected(), 'io server disconnect');
  });
});
