// Which events clients may send: per role (`rolePermissions[role].events`) and for all (`security.inputValidation`).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import ioV2 from 'socket.io-client-v2';
import * as msgpack from 'socket.io-msgpack-parser';
import { boot } from './support/app.mjs';
import { adminActions } from './support/admins.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';

const calls = [];
const handler = (name) => ({
  name,
  handler: (_context, _socket, ...args) => {
    const ack = args.at(-1);
    calls.push(name);
    if (typeof ack === 'function') ack({ success: true, handled: name });
  },
});
const events = ['chat', 'vote', 'bytes'].map(handler);

const ROLE = { success: false, error: 'Event not allowed for this role' };
const NAME = { success: false, error: 'Event not allowed' };

describe('events that a role may send', { timeout: 120_000 }, () => {
  let app;
  const settings = () => app.strapi.plugin('io').service('settings');
  const rules = async (rolePermissions) => {
    await settings().update({ rolePermissions });
    await app.strapi.plugin('io').service('live-access').settled();
  };

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      events,
      namespaces: { enabled: true, list: { side: {} } },
    });
  });
  after(() => app?.close());

  it('are those the settings list, at once for sockets that are connected', async (t) => {
    const visitor = await connect(app.url);
    const { jwt } = await app.addUser('member');
    const member = await connect(app.url, { auth: { token: jwt } });
    t.after(() => [visitor, member].forEach((client) => client.close()));
    assert.equal((await visitor.ask('chat')).success, true);
    await rules({ Public: { events: ['vote', 'get-rooms'] }, authenticated: { events: ['chat'] } });
    calls.splice(0);
    assert.deepEqual(await visitor.ask('chat', 'text'), ROLE);
    assert.deepEqual(await visitor.ask('join-room', 'lobby'), ROLE);
    assert.equal((await visitor.ask('get-rooms')).success, true);
    assert.equal((await visitor.ask('vote')).success, true);
    assert.equal((await member.ask('chat')).success, true);
    assert.deepEqual(await member.ask('vote'), ROLE);
    assert.deepEqual(calls, ['vote', 'chat'], 'no handler sees what is refused');
    await rules({});
    assert.equal((await visitor.ask('chat')).success, true);
    assert.equal((await member.ask('vote')).success, true);
  });

  it('are none if the list is empty, and a client without an acknowledgement gets an error', async (t) => {
    await rules({ public: { events: [] } });
    t.after(() => rules({}));
    const visitor = await connect(app.url);
    t.after(() => visitor.close());
    const error = visitor.next('error');
    visitor.socket.emit('chat', 'text');
    assert.deepEqual(await error, { message: ROLE.error });
    const bytes = visitor.next('error');
    visitor.socket.emit('bytes', Buffer.from('abc'), { more: Buffer.from('d') });
    assert.deepEqual(await bytes, { message: ROLE.error });
    assert.deepEqual(await visitor.ask('bytes', Buffer.from('abc')), ROLE);
  });

  it('hold in every namespace, and narrow no API token', async (t) => {
    await rules({ public: { events: ['vote'] } });
    t.after(() => rules({}));
    const side = await connect(`${app.url}/side`);
    t.after(() => side.close());
    assert.deepEqual(await side.ask('join-room', 'lobby'), ROLE);
    const { accessKey } = await app.strapi
      .service('admin::api-token-content-api')
      .create({ name: 'reader', description: '', type: 'read-only', lifespan: null });
    const reader = await connect(app.url, { auth: { strategy: 'api-token', token: accessKey } });
    t.after(() => reader.close());
    assert.equal((await reader.ask('chat')).success, true);
  });

  it('cannot be passed by with a namespace that clients of Socket.IO 2.x spell otherwise', async (t) => {
    await rules({ public: { events: ['vote'] } });
    t.after(() => rules({}));
    const client = ioV2(app.url, {
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
    });
    t.after(() => client.close());
    await new Promise((resolve, reject) => {
      client.once('connect', resolve);
      client.once('connect_error', reject);
    });
    calls.splice(0);
    const errors = [];
    client.io.engine.on('data', (data) => typeof data === 'string' && errors.push(data));
    for (const packet of ['2["chat"]', '2/?a=1,["chat"]', '2/x/..,["chat"]', '2/#,["chat"]']) {
      client.io.engine.write(packet);
    }
    await new Promise((resolve) => client.emit('vote', resolve));
    assert.deepEqual(calls, ['vote']);
    assert.equal(errors.filter((data) => data.includes(ROLE.error)).length, 4);
  });

  it('are logged, a few of many', async (t) => {
    await rules({ public: { events: [] } });
    t.after(() => rules({}));
    const visitor = await connect(app.url);
    t.after(() => visitor.close());
    for (let index = 0; index < 200; index += 1) await visitor.ask('chat');
    const lines = app.log.filter(({ text }) => text.includes('was refused: Event not allowed'));
    // Ten in ten seconds, those of the cases before included.
    assert.ok(lines.length >= 1 && lines.length < 100, `${lines.length} lines`);
  });

  it('are checked before they are stored', async () => {
    const wrong = { rolePermissions: { public: { events: 'chat' } } };
    await assert.rejects(settings().update(wrong), /rolePermissions.public.events/);
  });
});

describe('security.inputValidation', { timeout: 120_000 }, () => {
  let app;
  let client;
  const apply = (inputValidation) =>
    app.strapi.plugin('io').service('settings').update({ security: { inputValidation } });

  before(async () => {
    app = await boot({ contentTypes: [NOTE], events });
    client = await connect(app.url);
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  it('is off by default', async () => {
    const deep = { a: { b: { c: { d: [[[[[[]]]]]] } } } };
    assert.equal((await client.ask('chat', deep, 'x'.repeat(200_000))).success, true);
  });

  it('refuses large and deep events before JavaScript reads them', async () => {
    await apply({ enabled: true, maxPayloadSize: 200, maxDepth: 3 });
    calls.splice(0);
    const tooLarge = { success: false, error: 'Event too large' };
    const tooDeep = { success: false, error: 'Event nested too deeply' };
    assert.deepEqual(await client.ask('chat', 'x'.repeat(300)), tooLarge);
    assert.deepEqual(await client.ask('chat', { a: [{ b: {} }] }), tooDeep);
    assert.deepEqual(await client.ask('join-room', [[[[]]]]), tooDeep);
    assert.equal((await client.ask('chat', { a: [{ b: '[[[[[[{{{{' }] })).success, true);
    assert.deepEqual(calls, ['chat']);
    await apply({ maxPayloadSize: 0, maxDepth: 0 });
    assert.equal((await client.ask('chat', { a: [{ b: {} }] }, 'x'.repeat(300))).success, true);
  });

  it('ends a connection that sends an attachment over the size', async () => {
    await apply({ enabled: true, maxPayloadSize: 200 });
    const other = await connect(app.url);
    assert.equal((await other.ask('bytes', Buffer.alloc(150))).success, true);
    other.socket.emit('bytes', Buffer.alloc(300));
    await other.disconnected();
  });

  it('lets clients send the listed events only, and the panel its own', async (t) => {
    const admins = adminActions(app);
    await admins.addAdmin('editor');
    const panel = await admins.enter('editor');
    t.after(() => panel.close());
    await apply({ enabled: true, allowedEvents: ['chat', 'get-rooms'] });
    assert.equal((await client.ask('chat')).success, true);
    assert.equal((await client.ask('get-rooms')).success, true);
    assert.deepEqual(await client.ask('vote'), NAME);
    assert.deepEqual(await client.ask('subscribe-entity', { uid: NOTE, id: 1 }), NAME);
    assert.equal((await panel.ask('presence:heartbeat')).success, true);
    assert.equal((await panel.ask('monitoring:watch')).success, true);
    await apply({ enabled: false });
    assert.equal((await client.ask('vote')).success, true);
  });
});

describe('events with a parser of the application', { timeout: 120_000 }, () => {
  it('are refused by name too', async (t) => {
    const app = await boot({
      events,
      socket: { serverOptions: { parser: msgpack } },
      rolePermissions: { public: { events: ['chat', 'vote'] } },
      security: { inputValidation: { allowedEvents: ['chat', 'get-rooms'] } },
    });
    t.after(() => app.close());
    const client = await connect(app.url, { parser: msgpack });
    t.after(() => client.close());
    assert.equal((await client.ask('chat')).success, true);
    for (const event of ['vote', 'get-rooms', 'bytes']) {
      assert.deepEqual(await client.ask(event), NAME, event);
    }
    const error = client.next('error');
    client.socket.emit('bytes');
    assert.deepEqual(await error, { message: NAME.error });
  });
});
