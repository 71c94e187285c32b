// Who may connect from where and how often, how fast clients may talk, and what monitoring tells of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

/** A WebSocket that joins no namespace: `closed` resolves when the server has ended it. */
async function open(url, address) {
  const place = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(place, { headers: { 'X-Forwarded-For': address } });
  await once(socket, 'message');
  return { closed: once(socket, 'close', { signal: AbortSignal.timeout(15_000) }) };
}

describe('security and monitoring', { timeout: 120_000 }, () => {
  let app;
  let admin;
  let token;
  let settings;
  let monitoring;

  const ask = (method, place, data) => admin.request(method, `/io${place}`, { token, data });
  /** As if a proxy had brought the client. */
  const from = (address) => ({ extraHeaders: { 'X-Forwarded-For': address } });
  const update = (security) => settings.update({ security });

  before(async () => {
    app = await boot(
      {
        contentTypes: ['api::note.note'],
        security: { ipBlacklist: ['203.0.113.0/24', '2001:db8::/32'] },
        events: [{ name: 'echo', handler: (context, socket, text, ack) => ack?.(text) }],
      },
      { server: { proxy: { koa: true } } },
    );
    admin = adminActions(app);
    await admin.addAdmin('chief');
    token = await admin.login('chief');
    await app.grant('public', 'api::note.note', 'find');
    settings = app.strapi.plugin('io').service('settings');
    monitoring = app.strapi.plugin('io').service('monitoring');
  });

  after(() => app.close());

  it('refuses the addresses of the file, as the trusted proxy names them, and logs it', async () => {
    monitoring.resetStats();
    const before = monitoring.getTraffic().refused;
    await refused(app.url, from('203.0.113.50'));
    await refused(app.url, { ...from('2001:db8::7'), transports: ['websocket'] });
    (await connect(app.url, from('198.51.100.1'))).close();
    assert.equal(monitoring.getTraffic().refused, before + 2);
    const entries = monitoring.getEventLog().filter(({ type }) => type === 'refused');
    assert.deepEqual(
      entries.map(({ data }) => data.reason),
      ['IP_DENIED', 'IP_DENIED'],
    );
  });

  it('lets in only the allowed addresses from the moment they are set', async () => {
    await update({ ipWhitelist: ['198.51.100.0/24'] });
    (await connect(app.url, from('198.51.100.1'))).close();
    await refused(app.url, from('192.0.2.1'));
    await update({ ipWhitelist: [] });
    (await connect(app.url, from('192.0.2.1'))).close();
  });

  it('warns at start that address rules see what the client writes', () => {
    const warnings = app.log.filter(({ text }) => text.includes('clients can choose the address'));
    assert.deepEqual(
      warnings.map(({ level }) => level),
      ['warn'],
    );
  });

  it('sees the address that the last proxy adds in a line of its own', async () => {
    const added = (address) => from(['198.51.100.1', address]);
    app.strapi.server.app.maxIpsCount = 1;
    await refused(app.url, added('203.0.113.50'));
    await refused(app.url, { ...added('203.0.113.50'), transports: ['websocket'] });
    (await connect(app.url, added('192.0.2.1'))).close();
    app.strapi.server.app.maxIpsCount = 0;
  });

  it('keeps addresses that it cannot read from an allow list, and lets them share one cap', async () => {
    await update({ ipWhitelist: ['0.0.0.0/0', '::/0'] });
    await refused(app.url, from('unknown'));
    await update({
      ipWhitelist: [],
      rateLimiting: { enabled: true, maxEventsPerSecond: 0, maxConnectionsPerIp: 1 },
    });
    const one = await connect(app.url, from('unknown'));
    await refused(app.url, from('hidden'));
    one.close();
    const other = await connect(app.url, from('2001:db7::1'));
    await refused(app.url, from('2001:db7::2'));
    (await connect(app.url, from('2001:db7:0:1::1'))).close();
    other.close();
    await update({ rateLimiting: { enabled: false } });
  });

  it('takes the last address that is not a trusted proxy', async () => {
    await update({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    await refused(app.url, from('198.51.100.1, 203.0.113.50, 10.0.0.7'));
    (await connect(app.url, from('203.0.113.50, 198.51.100.1'))).close();
    await update({ trustedProxies: ['10.0.0.0/8'] });
    (await connect(app.url, from('203.0.113.50'))).close();
    await update({ trustedProxies: [] });
    await assert.rejects(update({ trustedProxies: ['10.0.0.0/33'] }), /trustedProxies\[0\]/);
  });

  it('shows in the monitoring the address that the rules see', async () => {
    monitoring.resetStats();
    await update({ trustedProxies: ['127.0.0.1'] });
    await refused(app.url, from('198.51.100.1, 203.0.113.50'));
    const client = await connect(app.url, from('203.0.113.50, 198.51.100.9'));
    const [shown] = monitoring.getConnectionStats().sockets;
    assert.equal(shown.handshake.address, '198.51.100.9');
    const logged = monitoring.getEventLog();
    assert.equal(logged.find(({ type }) => type === 'refused').data.address, '203.0.113.50');
    assert.equal(
      logged.find(({ type }) => type === 'connect').data.handshake.address,
      '198.51.100.9',
    );
    client.close();
    await update({ trustedProxies: [] });
  });

  it('refuses pages of origins that CORS does not allow, once it is asked to', async () => {
    const page = (origin) => ({ transports: ['websocket'], extraHeaders: { Origin: origin } });
    const polling = (origin) => ({ ...page(origin), transports: ['polling'] });
    (await connect(app.url, page('https://elsewhere.example'))).close();
    await update({ checkOrigin: true });
    monitoring.resetStats();
    await refused(app.url, page('https://elsewhere.example'));
    await refused(app.url, polling('https://elsewhere.example'));
    await refused(app.url, page('null'));
    const entries = monitoring.getEventLog().filter(({ type }) => type === 'refused');
    const reasons = entries.map(({ data }) => data.reason);
    assert.deepEqual(reasons, ['ORIGIN_DENIED', 'ORIGIN_DENIED', 'ORIGIN_DENIED']);
    const own = new URL(app.strapi.config.get('admin.absoluteUrl')).origin;
    for (const origin of ['http://localhost:1337', own]) {
      (await connect(app.url, page(origin))).close();
      (await connect(app.url, polling(origin))).close();
    }
    (await connect(app.url)).close();
    await update({ checkOrigin: false });
  });

  const told = (client) =>
    client.received.filter(({ event }) => event === 'io:disconnected').map(({ data }) => data);

  it('ends the connections of addresses that are not allowed any more, and says why', async () => {
    monitoring.resetStats();
    const office = await connect(app.url, from('198.51.100.1'));
    const polling = await connect(app.url, { ...from('192.0.2.1'), transports: ['polling'] });
    const v6 = await connect(app.url, { ...from('2001:db7::1'), transports: ['websocket'] });
    const nobody = await open(app.url, '192.0.2.2');
    const ids = [polling.socket.id, v6.socket.id];
    await update({ ipWhitelist: ['198.51.100.0/24', '2001:db7::/32'] });
    assert.equal(await polling.disconnected(), 'io server disconnect');
    assert.deepEqual(told(polling), [{ reason: 'Address not allowed' }]);
    await nobody.closed;
    // One at a time, so that each is a change.
    await update({ ipWhitelist: ['198.51.100.0/24'] });
    assert.equal(await v6.disconnected(), 'io server disconnect');
    assert.deepEqual(told(v6), [{ reason: 'Address not allowed' }]);
    const ended = monitoring.getEventLog().filter(({ type }) => type === 'forced-disconnect');
    assert.deepEqual(
      ended.map(({ data }) => [data.socketId, data.reason]),
      ids.map((id) => [id, 'Address not allowed']),
    );
    await app.flush(office);
    assert.equal(office.socket.connected, true);
    await update({ ipWhitelist: [] });
    office.close();
  });

  it('ends those who would have to say who they are, and those whose role may not connect', async () => {
    const { jwt } = await app.addUser('member');
    const guest = await connect(app.url);
    const member = await connect(app.url, { auth: { token: jwt } });
    await update({ requireAuthentication: true });
    assert.equal(await guest.disconnected(), 'io server disconnect');
    assert.deepEqual(told(guest), [{ reason: 'Authentication required' }]);
    await app.flush(member);
    await update({ requireAuthentication: false });
    const other = await connect(app.url);
    await settings.update({ rolePermissions: { authenticated: { canConnect: false } } });
    assert.equal(await member.disconnected(), 'io server disconnect');
    assert.deepEqual(told(member), [{ reason: 'Access revoked' }]);
    await app.flush(other);
    await settings.update({ rolePermissions: {} });
    other.close();
  });

  it('ends everybody when it is switched off, and says why', async () => {
    const client = await connect(app.url);
    await settings.update({ enabled: false });
    assert.equal(await client.disconnected(), 'io server disconnect');
    assert.deepEqual(told(client), [{ reason: 'Socket.IO is disabled' }]);
    await settings.update({ enabled: true });
  });

  it('caps connections of one address and in total', async () => {
    await update({
      rateLimiting: { enabled: true, maxEventsPerSecond: 0, maxConnectionsPerIp: 1 },
    });
    const one = await connect(app.url, from('192.0.2.10'));
    await refused(app.url, from('192.0.2.10'));
    const other = await connect(app.url, from('192.0.2.11'));
    await update({ rateLimiting: { enabled: false } });
    await settings.update({ connection: { maxConnections: 2 } });
    await refused(app.url, from('192.0.2.12'));
    await settings.update({ connection: { maxConnections: 0 } });
    (await connect(app.url, from('192.0.2.10'))).close();
    one.close();
    other.close();
  });

  it('refuses events over the limit with an answer, and counts them', async () => {
    await update({ rateLimiting: { enabled: true, maxEventsPerSecond: 5 } });
    const before = monitoring.getTraffic().limited;
    const client = await connect(app.url);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => client.ask('echo', number)),
    );
    const passed = answers.filter((answer) => typeof answer === 'number').length;
    assert.ok(passed >= 5 && passed < 20, `${passed} of 20 passed`);
    assert.equal(monitoring.getTraffic().limited, before + 20 - passed);
    client.close();
    await update({ rateLimiting: { enabled: false } });
  });

  it('answers in the shapes that are documented', async () => {
    const { user, jwt } = await app.addUser('john');
    const client = await connect(app.url, {
      auth: { token: jwt },
      query: {
        token: 'hush',
        key: 'hush',
        'x-api-key': 'hush',
        authSig: 'hush',
        id: 'Zm9vYmFyMTIzNDU2Nzg5MA',
        page: 'home',
        monkey: 'wrench',
        since: '2026-11-24T18:00:00Z',
      },
    });
    const stats = monitoring.getConnectionStats();
    const own = stats.sockets.find(({ id }) => id === client.socket.id);
    assert.deepEqual(own.user, { id: user.id, username: 'john' });
    assert.equal(own.connected, true);
    assert.deepEqual(own.rooms, ['Authenticated']);
    assert.deepEqual(own.entitySubscriptions, []);
    assert.deepEqual(Object.keys(own.handshake), ['address', 'time', 'query']);
    assert.deepEqual(own.handshake.query, {
      id: '[removed]',
      page: 'home',
      monkey: 'wrench',
      since: '2026-11-24T18:00:00Z',
    });
    assert.equal(stats.connected, 1);
    assert.deepEqual(stats.rooms, [{ name: 'Authenticated', members: 1, isEntityRoom: false }]);
    assert.deepEqual(stats.entitySubscriptions, { total: 0, byContentType: {}, rooms: [] });
    assert.deepEqual(Object.keys(monitoring.getEventStats()), [
      'totalEvents',
      'eventsByType',
      'lastReset',
      'eventsPerSecond',
    ]);
    assert.match(monitoring.getEventStats().eventsPerSecond, /^\d+\.\d\d$/);
    client.close();
  });

  it('logs connections and content, and never a secret', async () => {
    monitoring.resetStats();
    const client = await connect(app.url, { query: { token: 'hush', key: 'hush', sig: 'hush' } });
    await app.strapi.documents('api::note.note').create({ data: { text: 'not for the log' } });
    await app.flush(client);
    monitoring.logEvent('custom', {
      password: 'hush',
      nested: [{ accessToken: 'hush' }],
      header: 'Bearer hush',
      kept: 1,
    });
    client.close();
    const { eventsByType } = monitoring.getEventStats();
    assert.equal(eventsByType.connect, 1);
    assert.equal(eventsByType.create, 1);
    const log = (await ask('GET', '/event-log?limit=50')).body.data;
    assert.deepEqual(log.find(({ type }) => type === 'custom').data, {
      nested: [{}],
      header: '[removed]',
      kept: 1,
    });
    const text = JSON.stringify(log);
    assert.ok(!text.includes('hush') && !text.includes('not for the log'), text);
    assert.ok(
      log.every((entry, index) => index === 0 || log[index - 1].timestamp <= entry.timestamp),
    );
  });

  it('keeps the log as long as the settings say, and out of it what they switch off', async () => {
    await settings.update({ monitoring: { maxEventLogSize: 2 } });
    for (const number of [1, 2, 3]) monitoring.logEvent('custom', { number });
    assert.deepEqual(
      monitoring.getEventLog().map(({ data }) => data.number),
      [2, 3],
    );
    await settings.update({ monitoring: { enableEventLogging: false } });
    const { totalEvents } = monitoring.getEventStats();
    monitoring.logEvent('custom', { number: 4 });
    assert.equal(monitoring.getEventStats().totalEvents, totalEvents + 1);
    assert.equal(monitoring.getEventLog().length, 2);
    await settings.update({ monitoring: { enableEventLogging: true, maxEventLogSize: 100 } });
  });

  it('sends test events, resets, and disconnects for admins; bad input is named', async () => {
    const client = await connect(app.url);
    const heard = client.next('io:test:greeting');
    const { data } = (
      await ask('POST', '/test-event', { eventName: 'greeting', data: { message: 'Hello!' } })
    ).body;
    assert.deepEqual(data, {
      success: true,
      eventName: 'greeting',
      data: { message: 'Hello!', timestamp: data.data.timestamp, test: true },
      recipients: 1,
    });
    await heard;
    // A test event must not pass for a content event.
    for (const eventName of [
      'article:update',
      'note:create',
      'presence:update',
      'io:disconnected',
    ]) {
      const data = { documentId: 'forged' };
      const { body } = await ask('POST', '/test-event', { eventName, data });
      assert.equal(body.data.eventName, eventName);
    }
    await app.flush(client);
    assert.deepEqual(client.names(), [
      'io:test:greeting',
      'io:test:article:update',
      'io:test:note:create',
      'io:test:presence:update',
      'io:test:io:disconnected',
    ]);
    assert.equal((await ask('POST', '/test-event', { eventName: 'connect' })).status, 400);
    assert.equal((await ask('GET', '/event-log?limit=all')).status, 400);
    assert.equal((await ask('POST', '/reset-stats', {})).body.data.totalEvents, 0);
    const summary = (await ask('GET', '/monitoring/stats')).body.data;
    assert.equal(summary.connections.connected, 1);
    assert.deepEqual(summary.redis, { enabled: false, connected: false });
    assert.equal((await ask('POST', '/sockets/nobody/disconnect', {})).status, 404);
    await ask('POST', `/sockets/${client.socket.id}/disconnect`, { reason: 'bye' });
    await client.disconnected();
    assert.deepEqual(client.received.at(-1), { event: 'io:disconnected', data: { reason: 'bye' } });
  });
});
