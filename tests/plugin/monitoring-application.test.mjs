// Monitoring counts the clients of the application, and each of their subscriptions once.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { adminActions } from './support/admins.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';

describe('monitoring of the application', { timeout: 120_000 }, () => {
  let app;
  let admins;
  const monitoring = () => app.strapi.plugin('io').service('monitoring');

  before(async () => {
    app = await boot({ contentTypes: [NOTE] });
    await app.grant('public', NOTE, 'find');
    admins = adminActions(app);
    await admins.addAdmin('ada');
  });
  after(() => app?.close());

  it('shows one room for one subscription, named as the client named the entity', async (t) => {
    const { id, documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    const client = await connect(app.url);
    t.after(() => client.close());
    for (const name of [id, documentId]) {
      const { room } = await client.ask('subscribe-entity', { uid: NOTE, id: name });
      assert.equal(room, `${NOTE}:${name}`);
      const stats = monitoring().getConnectionStats();
      const rooms = stats.rooms.filter(({ isEntityRoom }) => isEntityRoom);
      assert.deepEqual(rooms, [{ name: room, members: 1, isEntityRoom: true }]);
      assert.deepEqual(stats.entitySubscriptions.rooms, [room]);
      const [socket] = stats.sockets;
      assert.deepEqual(
        socket.rooms.filter((one) => one.startsWith('api::')),
        [room],
      );
      assert.equal(monitoring().snapshot().connections.rooms, stats.rooms.length);
      for (const other of [id, documentId]) {
        const next = client.next('ping');
        app.strapi.$io.emitToEntity(NOTE, other, 'ping', other);
        assert.equal(await next, other, `emitted to ${other}`);
        assert.equal((await app.strapi.$io.getEntityRoomSockets(NOTE, other)).length, 1);
      }
      await client.ask('unsubscribe-entity', { uid: NOTE, id: name });
      assert.deepEqual(monitoring().getConnectionStats().entitySubscriptions.rooms, []);
    }
  });

  it('does not count the connections of the admin panel', async (t) => {
    const panel = await admins.enter('ada');
    const client = await connect(app.url);
    t.after(() => [panel, client].forEach((one) => one.close()));
    const { connected, sockets } = monitoring().getConnectionStats();
    assert.equal(connected, 1);
    assert.deepEqual(
      sockets.map(({ id }) => id),
      [client.socket.id],
    );
    assert.equal(monitoring().snapshot().connections.connected, 1);
    assert.equal(app.strapi.$io.getMetrics().connectedSockets, 1);
    assert.deepEqual(app.strapi.$io.getMetrics().namespaces, { main: 1 });
    assert.equal(monitoring().sendTestEvent().recipients, 1);
    const { body } = await admins.request('GET', '/io/stats', { token: panel.access });
    assert.equal(body.data.connections.connected, 1);
    assert.equal(body.data.connections.sockets.length, 1);
  });
});
