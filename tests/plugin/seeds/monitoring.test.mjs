// README, "Monitoring Service": its six methods and the two use cases, a dashboard and a health check.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const ARTICLE = 'api::article.article';

/** A controller with the two actions of the examples, and the routes to them. */
async function controllerFiles() {
  const actions = [await example('monitoring-analytics.js'), await example('monitoring-health.js')];
  const route = (path, handler) => ({ method: 'GET', path, handler, config: { auth: false } });
  const routes = [
    route('/analytics', 'status.getAnalytics'),
    route('/health', 'status.healthCheck'),
  ];
  return {
    'src/api/status/controllers/status.js': `module.exports = {\n${actions.join(',\n')}\n};\n`,
    'src/api/status/routes/status.js': `module.exports = ${JSON.stringify({ routes })};\n`,
  };
}

describe('documentation: monitoring service', { timeout: 300_000 }, () => {
  let app;
  let monitoringService;
  let john;
  let user;
  let article;

  before(async () => {
    app = await bootDocumented(inConfig(`contentTypes: ['${ARTICLE}'], debounce: 0`), {
      files: await controllerFiles(),
    });
    const { strapi } = app;
    monitoringService = strapi.plugin('io').service('monitoring');
    await app.grant('authenticated', ARTICLE, 'find');
    const added = await app.addUser('john');
    ({ user } = added);
    john = await connect(app.url, { auth: { token: added.jwt }, query: { page: 'home' } });
    article = await strapi.documents(ARTICLE).create({ data: { title: 'a' }, status: 'published' });
    await app.flush(john);
    const { success } = await john.ask('subscribe-entity', { uid: ARTICLE, id: article.id });
    assert.equal(success, true);
  });
  after(async () => {
    john?.close();
    await app?.close();
  });

  it('getConnectionStats()', () => {
    const stats = monitoringService.getConnectionStats();
    const room = `${ARTICLE}:${article.id}`;
    assert.deepEqual(Object.keys(stats), ['connected', 'rooms', 'sockets', 'entitySubscriptions']);
    assert.equal(stats.connected, 1);
    // An entity has a room for each of its two ids.
    const documented = [
      { name: 'Authenticated', members: 1, isEntityRoom: false },
      { name: room, members: 1, isEntityRoom: true },
    ];
    for (const one of documented) {
      assert.deepEqual(
        stats.rooms.find(({ name }) => name === one.name),
        one,
      );
    }
    const [{ rooms, handshake, ...socket }] = stats.sockets;
    assert.ok(rooms.includes('Authenticated'));
    assert.deepEqual(socket, {
      id: john.socket.id,
      connected: true,
      entitySubscriptions: [{ uid: ARTICLE, id: String(article.id), room }],
      user: { id: user.id, username: 'john' },
    });
    assert.deepEqual(Object.keys(handshake), ['address', 'time', 'query']);
    assert.match(handshake.address, /127\.0\.0\.1$/);
    assert.equal(typeof handshake.time, 'string');
    assert.deepEqual(handshake.query, { page: 'home' });
    assert.deepEqual(stats.entitySubscriptions, {
      total: 1,
      byContentType: { [ARTICLE]: 1 },
      rooms: [room],
    });
  });

  it('getEventStats()', async () => {
    await app.strapi
      .documents(ARTICLE)
      .update({ documentId: article.documentId, data: { title: 'b' }, status: 'published' });
    await app.flush(john);
    const stats = monitoringService.getEventStats();
    assert.deepEqual(Object.keys(stats), [
      'totalEvents',
      'eventsByType',
      'lastReset',
      'eventsPerSecond',
    ]);
    assert.equal(stats.eventsByType.create, 1);
    assert.equal(stats.eventsByType.update, 1);
    assert.ok(stats.totalEvents >= 2 && Math.abs(Date.now() - stats.lastReset) < 300_000);
    assert.match(stats.eventsPerSecond, /^\d+\.\d\d$/);
  });

  it('logEvent(type, data) and getEventLog(limit)', () => {
    monitoringService.logEvent('custom-event', { action: 'user-action', userId: 123 });
    const logs = monitoringService.getEventLog(50);
    const { timestamp, type, data } = logs.at(-1);
    assert.deepEqual([type, data], ['custom-event', { action: 'user-action', userId: 123 }]);
    assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
    assert.ok(logs.some((entry) => entry.type === 'create'));
    assert.ok(logs.some((entry) => entry.type === 'connect'));
    assert.deepEqual(Object.keys(logs[0]), ['timestamp', 'type', 'data']);
    assert.equal(monitoringService.getEventLog(1).length, 1);
  });

  it('sendTestEvent(eventName, data)', async () => {
    const heard = john.next('test');
    const result = monitoringService.sendTestEvent('test', { message: 'Hello!' });
    const { timestamp } = result.data;
    assert.deepEqual(result, {
      success: true,
      eventName: 'test',
      data: { message: 'Hello!', timestamp, test: true },
      recipients: 1,
    });
    assert.deepEqual(await heard, result.data);
  });

  it('use case: a custom analytics dashboard', async () => {
    const { status, body } = await app.rest('GET', 'analytics');
    assert.equal(status, 200);
    assert.equal(body.connections.connected, 1);
    assert.equal(body.events.eventsByType.create, 1);
    assert.ok(body.recentActivity.length > 0 && body.recentActivity.length <= 10);
  });

  it('use case: a health check endpoint', async () => {
    const { status, body } = await app.rest('GET', 'health');
    assert.equal(status, 200);
    const rooms = monitoringService.getConnectionStats().rooms.length;
    assert.ok(rooms >= 2);
    assert.deepEqual(body, { status: 'healthy', websocket: { connected: 1, rooms } });
  });

  it('resetStats()', () => {
    const before = Date.now();
    monitoringService.resetStats();
    const { totalEvents, eventsByType, lastReset } = monitoringService.getEventStats();
    assert.deepEqual([totalEvents, eventsByType], [0, {}]);
    assert.ok(lastReset >= before);
    assert.deepEqual(monitoringService.getEventLog(50), []);
  });
});
