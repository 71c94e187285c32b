// Monitoring of two nodes: whichever is asked tells of both, and counts nothing twice.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from './support/client.mjs';
import { createDatabase } from './support/databases.mjs';
import { startTwoNodes } from './support/shared-nodes.mjs';

const NOTE = 'api::note.note';
const LIMIT = 20_000;

const database = await createDatabase('postgres');

const skip = database === null && 'no PostgreSQL answers at TEST_POSTGRES_URL';

describe('monitoring of two nodes', { timeout: 180_000, skip }, () => {
  const clients = [];
  let pair;
  let near;
  let far;
  let chief;
  let token;
  let visitor;
  let reader;

  const keep = (client) => (clients.push(client), client);

  /** Resolves with the first message for which `isMeant` holds: nodes tell each other once a second. */
  const until = ({ socket }, event, isMeant) =>
    new Promise((resolve, reject) => {
      let last;
      const timer = setTimeout(
        () => reject(new Error(`timed out: ${event}; the last was ${JSON.stringify(last)}`)),
        LIMIT,
      );
      const look = (message) => {
        last = message;
        if (!isMeant(message)) return;
        clearTimeout(timer);
        socket.off(event, look);
        resolve(message);
      };
      socket.on(event, look);
    });
  const stats = (isMeant) => until(chief, 'monitoring:stats', isMeant);

  const ask = async (node, method, place, data) => {
    const { status, body } = await node.request(method, `/io${place}`, { token, data });
    assert.equal(status, 200, `${method} ${place}: ${JSON.stringify(body)}`);
    return body.data;
  };

  before(async () => {
    pair = await startTwoNodes(database);
    ({ near, far } = pair);
    token = await near.login('bob');
    chief = keep(await near.enter('ada'));
    visitor = keep(await connect(far.url, { query: { page: 'far' } }));
    reader = keep(await connect(far.url, { auth: { token: near.jwts.reader } }));
  });

  after(async () => {
    clients.forEach((client) => client.close());
    await pair?.close();
    await database?.drop();
  });

  it('counts the connections, rooms and subscriptions of both', async () => {
    const { stats: first } = await chief.ask('monitoring:watch');
    assert.ok(first.connections.connected >= 0);
    const guest = keep(await connect(near.url));
    for (const client of [guest, visitor]) await client.ask('join-room', 'lobby');
    const note = await near.request('POST', '/api/notes', { data: { data: { text: 'a' } } });
    const { documentId } = note.body.data;
    await visitor.ask('subscribe-entity', { uid: NOTE, id: documentId });
    // Public, Authenticated, lobby and the entity: those of the same name are one.
    await stats(
      ({ connections: { connected, rooms, entitySubscriptions } }) =>
        connected === 3 && rooms === 4 && entitySubscriptions === 1,
    );
    const { rooms, pagination } = await chief.ask('monitoring:rooms', {
      search: 'LOB',
      page: 1,
      pageSize: 10,
    });
    assert.deepEqual(rooms, [{ name: 'lobby', members: 2, isEntityRoom: false }]);
    assert.equal(pagination.total, 1);
    assert.deepEqual(await chief.ask('monitoring:subscriptions'), {
      success: true,
      total: 1,
      byContentType: { [NOTE]: 1 },
    });
    for (const node of [near, far]) {
      const {
        connected,
        rooms: all,
        entitySubscriptions,
      } = await node.call('monitoring', 'getConnectionStats');
      assert.equal(connected, 3);
      assert.equal(all.find(({ name }) => name === 'lobby').members, 2);
      assert.deepEqual(entitySubscriptions, {
        total: 1,
        byContentType: { [NOTE]: 1 },
        rooms: [`${NOTE}:${documentId}`],
      });
      const metrics = await node.call('$io', 'getMetrics');
      assert.deepEqual(metrics.namespaces, { main: 3, chat: 0 });
      assert.deepEqual([metrics.connections, metrics.connectedSockets], [4, 3]);
      assert.deepEqual(metrics.entitySubscriptions, entitySubscriptions);
      const whole = (await ask(node, 'GET', '/stats')).connections;
      assert.deepEqual([whole.connected, whole.sockets.length], [3, 3]);
      assert.equal(whole.rooms.find(({ name }) => name === 'lobby').members, 2);
      assert.deepEqual(Object.keys(whole.sockets[0]), [
        'id',
        'connected',
        'rooms',
        'entitySubscriptions',
        'handshake',
        'user',
      ]);
    }
    guest.close();
    await stats(({ connections }) => connections.connected === 2);
  });

  it('lists the sockets of both, page by page, and finds them on either', async () => {
    const list = (request) =>
      chief.ask('monitoring:sockets', { page: 1, pageSize: 10, ...request });
    const { sockets, pagination } = await list();
    assert.deepEqual(pagination, { page: 1, pageSize: 10, pageCount: 1, total: 3 });
    const ids = [chief, visitor, reader].map(({ socket }) => socket.id);
    assert.deepEqual(new Set(sockets.map(({ id }) => id)), new Set(ids));
    const [mine, others] = [sockets.find(({ admin }) => admin), sockets.filter((s) => !s.admin)];
    assert.equal(typeof mine.node, 'string');
    assert.equal(new Set(others.map(({ node }) => node)).size, 1);
    assert.notEqual(others[0].node, mine.node);
    const paged = [];
    for (const page of [1, 2, 3]) paged.push(...(await list({ page, pageSize: 1 })).sockets);
    assert.deepEqual(paged, sockets);
    assert.deepEqual((await list({ page: 4, pageSize: 1 })).sockets, []);
    const [found] = (await list({ search: 'READER' })).sockets;
    assert.deepEqual([found.id, found.user.username], [reader.socket.id, 'reader']);
  });

  it('counts an event once, wherever it was sent, and logs it', async () => {
    await ask(near, 'POST', '/reset-stats', {});
    // A late word of the other node has come.
    await stats(({ events }) => events.totalEvents === 0);
    await near.request('POST', '/api/notes', { data: { data: { text: 'once' } } });
    const told = until(chief, 'monitoring:log', ({ entries }) =>
      entries.some(({ type }) => type === 'from-far'),
    );
    await far.call('monitoring', 'logEvent', 'from-far', { number: 1 });
    await far.call('$io', 'raw', { event: 'greeting' });
    const { events, history } = await stats(({ events: { totalEvents } }) => totalEvents === 3);
    assert.deepEqual(events.eventsByType, { create: 1, 'from-far': 1, greeting: 1 });
    const { entries } = await told;
    assert.deepEqual(entries.find(({ type }) => type === 'from-far').data, { number: 1 });
    assert.ok(history.length <= 300);
    await stats((now) => now.history.reduce((sum, count) => sum + count, 0) === 3);

    for (const node of [near, far]) {
      const { totalEvents, eventsByType } = await node.call('monitoring', 'getEventStats');
      assert.deepEqual([totalEvents, eventsByType.create], [3, 1]);
      const log = await ask(node, 'GET', '/event-log');
      assert.deepEqual(log.map(({ type }) => type).sort(), ['create', 'from-far', 'greeting']);
      assert.ok(log.every((entry, at) => at === 0 || log[at - 1].timestamp <= entry.timestamp));
      assert.equal((await ask(node, 'GET', '/event-log?limit=1')).length, 1);
    }
    const logged = chief.take().filter(({ event }) => event === 'monitoring:log');
    const types = logged.flatMap(({ data }) => data.entries.map(({ type }) => type));
    assert.equal(types.filter((type) => type === 'from-far').length, 1, 'told once');

    // Whoever begins to watch gets the log of both, and nothing of it again.
    const late = keep(await far.enter('bob'));
    const { log } = await late.ask('monitoring:watch');
    assert.equal(log.filter(({ type }) => type === 'create').length, 1);
    assert.equal(log.filter(({ type }) => type === 'from-far').length, 1);
    const heard = [chief, late].map((client) =>
      until(client, 'monitoring:log', (batch) => batch.entries.some(({ type }) => type === 'last')),
    );
    await near.call('monitoring', 'logEvent', 'last');
    await Promise.all(heard);
    const after = late.take().flatMap(({ data }) => data.entries?.map(({ type }) => type) ?? []);
    assert.ok(!after.includes('create') && !after.includes('from-far'), String(after));
    late.close();
  });

  it('sends test events to all, and says to how many', async () => {
    await stats(({ connections }) => connections.connected === 2);
    const heard = [chief, visitor, reader].map((client) => client.next('io:test:hello'));
    const { recipients } = await ask(far, 'POST', '/test-event', { eventName: 'hello' });
    // The panel of the admin hears it too, and is not counted.
    assert.equal(recipients, 2);
    await Promise.all(heard);
  });

  it('resets both', async () => {
    await near.call('monitoring', 'logEvent', 'a');
    await far.call('monitoring', 'logEvent', 'b');
    const reset = await ask(near, 'POST', '/reset-stats', {});
    assert.deepEqual([reset.totalEvents, reset.eventsByType], [0, {}]);
    await stats(({ events }) => events.totalEvents === 0 && events.lastReset >= reset.lastReset);
    assert.deepEqual(await ask(far, 'GET', '/event-log'), []);
  });

  it('disconnects a socket of the other node, who is told why', async () => {
    const told = reader.next('io:disconnected');
    const { id } = reader.socket;
    const place = `/sockets/${id}/disconnect`;
    assert.deepEqual(await ask(near, 'POST', place, { reason: 'bye' }), { id });
    assert.deepEqual(await told, { reason: 'bye' });
    await reader.disconnected();
    const answer = await near.request('POST', `/io${place}`, { token, data: {} });
    assert.equal(answer.status, 404);
    const log = await ask(near, 'GET', '/event-log');
    assert.equal(log.filter(({ type }) => type === 'forced-disconnect').length, 1);
  });

  it('tells of the node itself while Redis is away, and of both again when it is back', async () => {
    await stats(({ connections }) => connections.connected === 1);
    await pair.stopRedis();
    await stats(({ connections, redis: state }) => connections.connected === 0 && !state.connected);
    const page = { page: 1, pageSize: 10 };
    assert.equal((await chief.ask('monitoring:sockets', page)).pagination.total, 1);
    await pair.startRedis();
    await stats(({ connections }) => connections.connected === 1);
    assert.equal((await chief.ask('monitoring:sockets', page)).pagination.total, 2);
  });

  it('forgets a node that has died within seconds', async () => {
    await stats(({ connections }) => connections.connected === 1);
    await far.kill();
    const died = Date.now();
    await stats(({ connections }) => connections.connected === 0);
    assert.ok(Date.now() - died < 10_000);
    const { sockets } = await chief.ask('monitoring:sockets', { page: 1, pageSize: 10 });
    assert.deepEqual(
      sockets.map(({ id }) => id),
      [chief.socket.id],
    );
  });
});
