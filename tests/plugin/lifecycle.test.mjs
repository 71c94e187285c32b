import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const NOTE = 'api::note.note';

describe('socket.serverOptions', { timeout: 120_000 }, () => {
  it('reach the Socket.IO server, and leave the rest of Strapi as it is', async (t) => {
    const origin = 'https://example.com';
    const app = await boot({
      contentTypes: [NOTE],
      socket: { serverOptions: { path: '/api/realtime', cors: { origin } } },
    });
    t.after(() => app.close());
    await app.grant('public', NOTE, 'find');
    const client = await connect(app.url, { path: '/api/realtime' });
    await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
    await app.flush(client);
    assert.deepEqual(client.names(), ['note:create']);
    client.close();

    const signal = AbortSignal.timeout(10_000);
    const handshake = `${app.url}/api/realtime/?EIO=4&transport=polling`;
    const response = await fetch(handshake, { headers: { origin }, signal });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), origin);
    const { status, body } = await app.rest('GET', 'notes');
    assert.equal(status, 200);
    assert.equal(body.data.length, 1);
    assert.equal((await fetch(`${app.url}/socket.io/?EIO=4`, { signal })).status, 404);
  });
});

describe('hooks.init', { timeout: 120_000 }, () => {
  it('is awaited before the first connection, and gets strapi, io and $io', async (t) => {
    const seen = {};
    const app = await boot({
      hooks: {
        async init({ strapi, io, $io }) {
          await new Promise((resolve) => setImmediate(resolve));
          Object.assign(seen, { strapi, io, $io, listening: strapi.server.httpServer.listening });
          io.server.use((socket, next) => {
            seen.user = socket.user;
            socket.data.stamped = true;
            next(socket.handshake.auth.refuse ? new Error('not today') : undefined);
          });
        },
      },
      events: [{ name: 'stamped', handler: (_context, socket, ack) => ack(socket.data.stamped) }],
    });
    t.after(() => app.close());
    assert.equal(seen.strapi, app.strapi);
    assert.equal(seen.io, app.strapi.$io);
    assert.equal(seen.$io, app.strapi.$io);
    assert.equal(seen.listening, false);
    const { jwt } = await app.addUser('stamped');
    const client = await connect(app.url, { auth: { token: jwt } });
    assert.equal(await client.ask('stamped'), true);
    assert.equal(seen.user.username, 'stamped');
    assert.equal((await refused(app.url, { auth: { refuse: true } })).message, 'not today');
    client.close();
  });

  it('stops the boot when it fails, and leaves nothing behind', async () => {
    const init = () => {
      throw new Error('no redis');
    };
    await assert.rejects(boot({ contentTypes: [NOTE], hooks: { init } }), (error) => {
      assert.equal(error.message, 'plugin io: hooks.init failed: no redis');
      assert.equal(error.cause.message, 'no redis');
      return true;
    });
  });
});

describe('events', { timeout: 120_000 }, () => {
  it('run the handlers of the configuration', async (t) => {
    const calls = [];
    let disconnected;
    const over = new Promise((resolve) => (disconnected = resolve));
    const app = await boot({
      events: [
        {
          name: 'connection',
          handler({ strapi, io }, socket) {
            calls.push(['connection', strapi === app0.strapi, io === strapi.$io]);
            socket.emit('welcome', { id: socket.id });
          },
        },
        {
          name: 'chat',
          handler({ io }, socket, room, message, ack) {
            io.server.to(room).emit('chat', message);
            ack('ok', room);
          },
        },
        {
          name: 'disconnect',
          handler(_context, socket, reason) {
            calls.push(['disconnect', socket.connected, reason]);
            disconnected();
          },
        },
      ],
      hooks: { init: ({ strapi }) => void (app0.strapi = strapi) },
    });
    t.after(() => app.close());
    const client = await connect(app.url);
    assert.equal(await client.ask('chat', 'Public', { text: 'hi' }), 'ok');
    await app.flush(client);
    assert.deepEqual(client.received, [
      { event: 'welcome', data: { id: client.socket.id } },
      { event: 'chat', data: { text: 'hi' } },
    ]);
    client.close();
    await over;
    assert.deepEqual(calls, [
      ['connection', true, true],
      ['disconnect', false, 'client namespace disconnect'],
    ]);
  });
  const app0 = {};

  it('report handlers that fail, and go on', async (t) => {
    const fail = (name, error, rejecting = false) => ({
      name,
      handler: rejecting
        ? () => Promise.reject(error)
        : () => {
            throw error;
          },
    });
    const app = await boot({
      events: [
        fail('connection', new Error('at connection')),
        fail('throws', new Error('thrown')),
        fail('rejects', new Error('rejected'), true),
        fail('odd', 'just text'),
        fail('nothing', undefined, true),
        { name: 'destructures', handler: (_context, _socket, { roomId }) => roomId },
        { name: 'ping', handler: (_context, _socket, ack) => ack('pong') },
      ],
    });
    t.after(() => app.close());
    const client = await connect(app.url);
    for (const event of ['throws', 'rejects', 'odd', 'nothing', 'destructures']) {
      client.socket.emit(event);
    }
    assert.equal(await client.ask('ping'), 'pong');
    const errors = app.log.filter(({ level }) => level === 'error').map(({ text }) => text);
    const { id } = client.socket;
    const expected = {
      connection: 'at connection',
      throws: 'thrown',
      rejects: 'rejected',
      odd: 'just text',
      nothing: 'undefined',
      destructures: 'roomId',
    };
    assert.equal(errors.length, Object.keys(expected).length);
    for (const [event, text] of Object.entries(expected)) {
      const prefix = `plugin io: the handler of "${event}" failed for socket ${id}: `;
      const line = errors.find((error) => error.startsWith(prefix));
      assert.ok(line?.includes(text), event);
    }
    client.close();
  });
});

describe('strapi.destroy()', { timeout: 120_000 }, () => {
  const listeners = ({ httpServer }) =>
    Object.fromEntries(
      ['request', 'upgrade', 'close'].map((name) => [name, httpServer.listenerCount(name)]),
    );

  it('frees everything, and a second boot in the same process works', async (t) => {
    let { folder } = {};
    let before;
    for (const round of [1, 2, 3]) {
      const app = await boot(
        {
          contentTypes: [NOTE],
          hooks: { init: ({ strapi }) => void (before = listeners(strapi.server)) },
        },
        { folder },
      );
      folder ??= app.folder;
      if (round === 1) {
        t.after(() => rm(folder, { recursive: true, force: true }));
        await app.grant('public', NOTE, 'find');
      }
      const clients = [
        await connect(app.url),
        await connect(app.url, { transports: ['websocket'] }),
        await connect(app.url, { transports: ['polling'] }),
      ];
      const text = `round ${round}`;
      await app.strapi.documents(NOTE).create({ data: { text } });
      await app.flush(...clients);
      for (const { received } of clients) {
        assert.deepEqual(
          received.map(({ event, data }) => [event, data.text]),
          [['note:create', text]],
        );
      }

      const gone = clients.map((client) => client.disconnected());
      const { port } = new URL(app.url);
      await app.close({ keep: true });
      await Promise.all(gone);
      assert.equal(app.strapi.$io, undefined);
      const after = listeners(app.strapi.server);
      assert.ok(after.upgrade < before.upgrade, `${before.upgrade} -> ${after.upgrade}`);
      const probe = net.connect(Number(port), '127.0.0.1');
      const [error] = await once(probe, 'error');
      assert.equal(error.code, 'ECONNREFUSED');
      clients.forEach((client) => client.close());
    }
  });

  it('leaves no server in memory', async () => {
    const collected = new Set();
    const registry = new FinalizationRegistry((name) => collected.add(name));
    const live = async () => {
      const app = await boot({ contentTypes: [NOTE] });
      await app.grant('public', NOTE, 'find');
      const client = await connect(app.url);
      await app.strapi.documents(NOTE).create({ data: { text: 'heard' } });
      await app.flush(client);
      const { server } = app.strapi.$io;
      registry.register(server, 'the server');
      registry.register(server.engine, 'its engine');
      client.close();
      await app.close();
    };
    await live();
    while (collected.size < 2) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it('unsubscribes its own listeners and nobody else’s', async () => {
    const app = await boot({ contentTypes: [NOTE] });
    const calls = [];
    app.strapi.documents.use((context, next) => {
      calls.push(`document ${context.action}`);
      return next();
    });
    app.strapi.db.lifecycles.subscribe({ models: [NOTE], afterCreate: () => calls.push('row') });
    const plugin = app.strapi.plugin('io');
    await plugin.destroy();
    await app.strapi.documents(NOTE).create({ data: { text: 'after' } });
    assert.deepEqual(calls, ['document create', 'row']);
    // Strapi refuses a second destroy of one plugin, so the rest is taken down without it.
    plugin.destroy = async () => {};
    await app.close();
  });
});
