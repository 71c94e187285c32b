// What is counted and logged, who may look at it, and what never gets into it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';

describe('monitoring', { timeout: 120_000 }, () => {
  let app;
  let admins;
  let settings;
  let monitoring;
  let client;
  const tokens = {};

  const ask = (method, place, data, token = tokens.chief) =>
    admins.request(method, `/io${place}`, { token, data });
  const counted = () => monitoring.getEventStats().eventsByType;
  const logged = (type) =>
    monitoring
      .getEventLog(10_000)
      .filter((entry) => entry.type === type)
      .map(({ data }) => data);
  const setMonitoring = (patch) => settings.update({ monitoring: patch });

  before(async () => {
    app = await boot(
      {
        contentTypes: [NOTE],
        namespaces: { enabled: true, list: { chat: {}, inner: { requireAuth: true } } },
      },
      { server: { proxy: { koa: true } } },
    );
    admins = adminActions(app);
    const reading = await admins.addRole('Readers', [{ action: 'plugin::io.monitoring.read' }]);
    const nothing = await admins.addRole('Others', []);
    await admins.addAdmin('chief');
    await admins.addAdmin('reader', reading);
    await admins.addAdmin('other', nothing);
    for (const name of ['chief', 'reader', 'other']) tokens[name] = await admins.login(name);
    await app.grant('public', NOTE, 'find');
    settings = app.strapi.plugin('io').service('settings');
    monitoring = app.strapi.plugin('io').service('monitoring');
    client = await connect(app.url);
  });

  beforeEach(() => monitoring.resetStats());

  after(async () => {
    client?.close();
    await app?.close();
  });

  it('is read by those who may, and changed by those who may that', async () => {
    const reads = ['/stats', '/monitoring/stats', '/event-log'];
    const changes = ['/test-event', '/reset-stats', `/sockets/${client.socket.id}/disconnect`];
    for (const place of reads) {
      assert.equal((await ask('GET', place, undefined, tokens.reader)).status, 200, place);
      assert.equal((await ask('GET', place, undefined, tokens.other)).status, 403, place);
      assert.equal((await admins.request('GET', `/io${place}`)).status, 401, place);
    }
    for (const place of changes) {
      for (const name of ['reader', 'other']) {
        assert.equal((await ask('POST', place, {}, tokens[name])).status, 403, place);
      }
    }
    assert.equal(client.socket.connected, true);
  });

  it('counts what raw and the helpers send by its name, and logs to whom, not what', async () => {
    const { id } = client.socket;
    const data = { secretly: 'hush', text: 'hush' };
    const { $io } = app.strapi;
    const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    await client.ask('subscribe-entity', { uid: NOTE, id: documentId });
    await app.flush(client);
    monitoring.resetStats();
    await $io.raw({ event: 'news', data });
    await $io.raw({ event: 'news', data, rooms: ['lobby'] });
    await $io.raw({ event: 'nobody', data, rooms: [] });
    $io.sendPrivateMessage(id, 'whisper', data);
    $io.sendPrivateMessage('nobody', 'whisper', data);
    $io.broadcast(id, 'typing', data);
    $io.broadcast('nobody', 'typing', data);
    $io.emitToNamespace('chat', 'alert', data);
    $io.emitToNamespace('nowhere', 'alert', data);
    const commented = client.next('commented');
    $io.emitToEntity(NOTE, documentId, 'commented', data);
    await commented;
    assert.deepEqual(counted(), { news: 2, alert: 1, commented: 1, typing: 1, whisper: 1 });
    assert.deepEqual(['news', 'whisper', 'typing', 'alert', 'commented'].flatMap(logged), [
      { by: 'raw' },
      { by: 'raw', rooms: ['lobby'] },
      { by: 'sendPrivateMessage', socketId: id },
      { by: 'broadcast', socketId: id },
      { by: 'emitToNamespace', namespace: 'chat' },
      { by: 'emitToEntity', uid: NOTE, id: documentId },
    ]);
    await app.strapi.documents(NOTE).create({ data: { text: 'hush' } });
    await app.flush(client);
    assert.equal(counted().create, 1, 'content counts by its action');
    const text = JSON.stringify((await ask('GET', '/event-log')).body);
    assert.ok(!text.includes('hush'), text);
  });

  it('counts what it does not log', async () => {
    await setMonitoring({ enableEventLogging: false });
    await app.strapi.$io.raw({ event: 'unlogged' });
    monitoring.logEvent('custom', { a: 1 });
    (await connect(app.url)).close();
    assert.deepEqual([counted().unlogged, counted().custom], [1, 1]);
    assert.deepEqual([...logged('unlogged'), ...logged('custom')], []);
    assert.equal(logged('connect').length, 1, 'connections have a switch of their own');

    await setMonitoring({ enableEventLogging: true, enableConnectionLogging: false });
    monitoring.resetStats();
    (await connect(app.url)).close();
    monitoring.logEvent('custom', { a: 1 });
    assert.equal(counted().connect, 1);
    assert.deepEqual([logged('connect').length, logged('custom').length], [0, 1]);
    await setMonitoring({ enableConnectionLogging: true });
  });

  it('logs who was refused, why and from where, never with what', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2VjcmV0';
    const extraHeaders = { 'X-Forwarded-For': '198.51.100.7, 10.0.0.1' };
    await refused(app.url, { auth: { token }, extraHeaders });
    await refused(app.url, { auth: { strategy: 'api-token', token: 'not-one' }, extraHeaders });
    await refused(app.url, { auth: { strategy: 'admin-jwt', token: 'not-one' }, extraHeaders });
    await refused(app.url, { auth: { strategy: 'magic', token: 'not-one' }, extraHeaders });
    await refused(`${app.url}/inner`, { extraHeaders });
    await settings.update({ security: { ipBlacklist: ['198.51.100.7'] } });
    await refused(app.url, { extraHeaders });
    await settings.update({ security: { ipBlacklist: [] } });
    const address = '198.51.100.7';
    assert.deepEqual(logged('refused'), [
      { reason: 'INVALID_TOKEN', address, namespace: '/' },
      { reason: 'INVALID_TOKEN', address, namespace: '/' },
      { reason: 'INVALID_TOKEN', address, namespace: '/' },
      { reason: 'UNKNOWN_STRATEGY', address, namespace: '/' },
      { reason: 'AUTHENTICATION_REQUIRED', address, namespace: '/inner' },
      { reason: 'IP_DENIED', address },
    ]);
    assert.equal(counted().refused, 6);
    const text = JSON.stringify(monitoring.getEventLog(1000));
    assert.ok(!text.includes('not-one') && !text.includes('eyJ'), text);
    const { sockets } = monitoring.getConnectionStats();
    assert.equal(sockets[0].handshake.address, '127.0.0.1');
  });

  it('remembers as many entries as the settings say, from the moment they say so', async () => {
    const fill = (count) => {
      for (let number = 1; number <= count; number += 1) monitoring.logEvent('fill', { number });
    };
    const numbers = () => logged('fill').map(({ number }) => number);

    await setMonitoring({ maxEventLogSize: 10_000 });
    fill(10_050);
    assert.deepEqual([numbers().length, numbers()[0]], [10_000, 51]);
    assert.equal((await ask('GET', '/event-log?limit=99999')).body.data.length, 10_000);
    assert.equal((await ask('GET', '/event-log')).body.data.length, 100);
    assert.equal(monitoring.getEventLog(3).at(-1).data.number, 10_050, 'the last ones');
    await assert.rejects(setMonitoring({ maxEventLogSize: 10_001 }));

    await setMonitoring({ maxEventLogSize: 5 });
    assert.deepEqual(numbers(), [10_046, 10_047, 10_048, 10_049, 10_050], 'the latest stay');
    await setMonitoring({ maxEventLogSize: 8 });
    fill(4);
    assert.deepEqual(numbers(), [10_047, 10_048, 10_049, 10_050, 1, 2, 3, 4]);

    await setMonitoring({ maxEventLogSize: 0 });
    assert.deepEqual(monitoring.getEventLog(), []);
    fill(2);
    assert.deepEqual(monitoring.getEventLog(), []);
    assert.equal(counted().fill, 10_056, 'counted all the same');
    await setMonitoring({ maxEventLogSize: 200 });
    fill(1);
    assert.deepEqual(numbers(), [1]);
    for (const limit of [0, -1, NaN]) assert.deepEqual(monitoring.getEventLog(limit), []);
  });

  it('leaves out of the log what is too large or no JSON', () => {
    monitoring.logEvent('large', { text: 'x'.repeat(20_000) });
    const circle = {};
    circle.self = circle;
    monitoring.logEvent('circle', circle);
    monitoring.logEvent('nothing');
    assert.deepEqual(logged('large'), [{ truncated: true }]);
    assert.deepEqual(logged('circle'), [{ unreadable: true }]);
    assert.deepEqual(logged('nothing'), [null]);
    for (const type of ['', null, undefined, 5]) {
      assert.throws(() => monitoring.logEvent(type), /logEvent: type .* is not a name/);
    }
  });

  it('tells rates over the last ten seconds and since the reset', async () => {
    monitoring.resetStats();
    for (let number = 0; number < 20; number += 1) monitoring.logEvent('tick');
    assert.equal(monitoring.getEventStats().eventsPerSecond, '20.00');
    const { events, averagePerSecond, history } = (await ask('GET', '/monitoring/stats')).body.data;
    assert.match(events.eventsPerSecond, /^[1-9]\d*\.\d\d$/);
    assert.ok(averagePerSecond > 0 && averagePerSecond <= 20, String(averagePerSecond));
    assert.ok(Array.isArray(history));
    // A second later it is in the history, and the average has gone down.
    let later;
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      later = monitoring.snapshot();
    } while (later.history.length < 2);
    assert.equal(
      later.history.reduce((sum, count) => sum + count, 0),
      20,
    );
    assert.ok(later.averagePerSecond < 20, String(later.averagePerSecond));
  });
});
