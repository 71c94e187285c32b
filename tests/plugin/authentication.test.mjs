import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const NOTE = 'api::note.note';
const AUTHOR = 'api::author.author';
const SECRET = 'jwt secret';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(payload, { secret = SECRET, alg = 'HS256' } = {}) {
  const signed = `${part({ alg, typ: 'JWT' })}.${part(payload)}`;
  const hash = { HS256: 'sha256', HS512: 'sha512' }[alg];
  const signature = hash ? createHmac(hash, secret).update(signed).digest('base64url') : '';
  return `${signed}.${signature}`;
}

const now = () => Math.floor(Date.now() / 1000);

/** What a server-side handler sees of a socket. */
const whoami = {
  name: 'whoami',
  handler: (_context, socket, ack) =>
    ack({ user: socket.user, data: socket.data, rooms: [...socket.rooms] }),
};

/** What a careless application does: it lets clients choose the rooms they join. */
const joinAnything = {
  name: 'join-anything',
  handler: async (_context, socket, room, ack) => {
    try {
      await socket.join(room);
      ack('joined');
    } catch (error) {
      ack(error.message);
    }
  },
};

/** A token for the admin API, which Strapi keeps in the same table. */
async function adminToken(strapi) {
  const role = await strapi.db
    .query('admin::role')
    .findOne({ where: { code: 'strapi-super-admin' } });
  const owner = await strapi.service('admin::user').create({
    email: 'admin@example.com',
    firstname: 'A',
    lastname: 'B',
    password: 'Passw0rd!',
    isActive: true,
    roles: [role.id],
  });
  const token = { name: 'admin', description: '', lifespan: null, adminPermissions: [] };
  return strapi
    .service('admin::api-token-admin')
    .create({ ...token, adminUserOwner: owner.id }, owner);
}

describe('authentication', { timeout: 120_000 }, () => {
  let app;
  const clients = [];
  const join = async (auth) => {
    const client = await connect(app.url, auth === undefined ? {} : { auth });
    clients.push(client);
    return client;
  };

  before(async () => {
    app = await boot({ contentTypes: [NOTE, AUTHOR], events: [whoami, joinAnything] });
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('makes a client without a token public', async () => {
    const client = await join();
    const { user, data, rooms } = await client.ask('whoami');
    assert.equal(user, null);
    assert.deepEqual(data, { userId: null, user: null });
    assert.ok(rooms.includes('Public'));
    for (const auth of [{}, { token: null }, { token: '' }]) await join(auth);
  });

  for (const strategy of ['jwt', undefined]) {
    it(`tells the user of a JWT (strategy ${strategy})`, async () => {
      const name = `user-${strategy}`;
      const { user, jwt: token } = await app.addUser(name);
      const client = await join({ strategy, token });
      const seen = await client.ask('whoami');
      const expected = {
        id: user.id,
        username: name,
        email: `${name}@example.com`,
        role: 'Authenticated',
      };
      assert.deepEqual(seen.user, expected);
      assert.deepEqual(seen.data, { userId: user.id, user: expected });
      assert.ok(seen.rooms.includes('Authenticated'));
    });
  }

  it('refuses tokens that are not good', async () => {
    const { user } = await app.addUser('known');
    const bad = {
      garbage: 'garbage',
      'of another secret': jwt({ id: user.id }, { secret: 'other' }),
      'of another algorithm': jwt({ id: user.id }, { alg: 'HS512' }),
      'without a signature': jwt({ id: user.id }, { alg: 'none' }),
      tampered: [part({ alg: 'HS256' }), part({ id: user.id }), jwt({ id: 0 }).split('.')[2]].join(
        '.',
      ),
      expired: jwt({ id: user.id, iat: now() - 100, exp: now() - 1 }),
      'without a user': jwt({ iat: now() }),
      'that is no text': { id: user.id },
    };
    for (const [name, token] of Object.entries(bad)) {
      const error = await refused(app.url, { auth: { strategy: 'jwt', token } });
      assert.equal(error.message, 'Invalid or expired token', name);
      assert.deepEqual(error.data, { code: 'INVALID_TOKEN' }, name);
    }
    await join({ token: jwt({ id: user.id }) });
  });

  it('refuses users who may not log in', async () => {
    const { jwt: blocked } = await app.addUser('blocked', 'authenticated', { blocked: true });
    const { user, jwt: deleted } = await app.addUser('deleted');
    await app.strapi.db.query('plugin::users-permissions.user').delete({ where: { id: user.id } });
    const { jwt: unconfirmed } = await app.addUser('new', 'authenticated', { confirmed: false });
    const settings = app.strapi.store({
      type: 'plugin',
      name: 'users-permissions',
      key: 'advanced',
    });
    const advanced = await settings.get();
    await settings.set({ value: { ...advanced, email_confirmation: true } });
    for (const token of [blocked, deleted, unconfirmed]) {
      const error = await refused(app.url, { auth: { token } });
      assert.equal(error.message, 'Invalid credentials');
      assert.deepEqual(error.data, { code: 'INVALID_CREDENTIALS' });
    }
    await settings.set({ value: advanced });
    await join({ token: unconfirmed });
  });

  it('says what is wrong with the auth payload', async () => {
    const messages = [
      [{ strategy: 'magic', token: 'x' }, 'Unknown auth strategy: use "jwt" or "api-token"'],
      [{ strategy: { a: 1 }, token: 'x' }, 'Unknown auth strategy: use "jwt" or "api-token"'],
      [{ strategy: 'admin-jwt', token: '' }, 'Missing token'],
      [{ strategy: 'api-token', token: 'x' }, 'Invalid or expired token'],
    ];
    for (const [auth, message] of messages) {
      assert.equal((await refused(app.url, { auth })).message, message);
    }
  });

  it('gives API tokens what their type and permissions allow', async () => {
    const service = app.strapi.service('admin::api-token-content-api');
    const make = (name, type, fields) =>
      service.create({ name, description: '', type, lifespan: null, ...fields });
    const query = app.strapi.db.query('admin::api-token');
    const tokens = {
      'read-only': await make('read-only', 'read-only'),
      'full-access': await make('full-access', 'full-access'),
      scoped: await make('scoped', 'custom', { permissions: [`${NOTE}.findOne`] }),
      'scoped to another': await make('other', 'custom', { permissions: [`${AUTHOR}.find`] }),
    };
    const connected = {};
    for (const [name, { accessKey }] of Object.entries(tokens)) {
      connected[name] = await join({ strategy: 'api-token', token: accessKey });
      const { id } = tokens[name];
      assert.ok((await query.findOne({ where: { id } })).lastUsedAt, name);
    }
    await app.strapi.documents(NOTE).create({ data: { text: 'for tokens' } });
    await app.flush(...Object.values(connected));
    const received = Object.entries(connected).map(([name, client]) => [name, client.names()]);
    assert.deepEqual(Object.fromEntries(received), {
      'read-only': ['note:create'],
      'full-access': ['note:create'],
      scoped: ['note:create'],
      'scoped to another': [],
    });

    const expired = await make('expired', 'full-access');
    await query.update({
      where: { id: expired.id },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const admin = await adminToken(app.strapi);
    for (const { accessKey } of [expired, admin]) {
      const error = await refused(app.url, { auth: { strategy: 'api-token', token: accessKey } });
      assert.equal(error.message, 'Invalid or expired token');
    }

    // An expiry in the meantime: nothing more, and the end of the connection.
    const client = connected['full-access'];
    const { id } = tokens['full-access'];
    client.take();
    await query.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } });
    await app.strapi.documents(NOTE).create({ data: { text: 'too late' } });
    await client.disconnected();
    assert.deepEqual(client.names(), ['io:disconnected']);
  });

  it('keeps content from clients that join rooms by name', async () => {
    await app.grant('authenticated', NOTE, 'find');
    const { jwt: token } = await app.addUser('insider');
    const insider = await join({ token });
    const outsider = await join();
    const { id } = await app.role('authenticated');
    const rooms = ['Authenticated', 'authenticated', `${id}`, `role:${id}`, `io:role:${id}`, NOTE];
    const answers = [];
    for (const room of rooms) answers.push(await outsider.ask('join-anything', room));
    assert.deepEqual(answers, [
      'plugin io: room "Authenticated" is reserved for its role',
      ...rooms
        .slice(1)
        .map((room) =>
          room.startsWith('io:')
            ? `plugin io: room "${room}" is reserved for the plugin`
            : 'joined',
        ),
    ]);
    assert.equal(await outsider.ask('join-anything', 'Public'), 'joined');

    await app.strapi.documents(NOTE).create({ data: { text: 'for insiders' } });
    await app.strapi.$io.raw({ event: 'announcement', data: 1, rooms: 'Authenticated' });
    app.strapi.$io.server.to('Authenticated').emit('notice');
    await app.flush(insider, outsider);
    assert.deepEqual(insider.names().sort(), ['announcement', 'note:create', 'notice']);
    assert.deepEqual(outsider.names(), []);
  });
});

describe('authentication that is required, with refresh tokens', { timeout: 120_000 }, () => {
  let app;
  before(async () => {
    app = await boot(
      { contentTypes: [NOTE], events: [whoami], security: { requireAuthentication: true } },
      { usersPermissions: { jwtManagement: 'refresh' } },
    );
  });
  after(() => app?.close());

  it('lets nobody in without a token', async () => {
    const error = await refused(app.url);
    assert.equal(error.message, 'Authentication required');
    assert.deepEqual(error.data, { code: 'AUTHENTICATION_REQUIRED' });
  });

  it('takes access tokens of a session, and no others', async (t) => {
    const { user, jwt: token } = await app.addUser('session');
    const client = await connect(app.url, { auth: { token } });
    t.after(() => client.close());
    assert.equal((await client.ask('whoami')).user.id, user.id);

    const sessions = app.strapi.sessionManager('users-permissions');
    const { token: refresh } = await sessions.generateRefreshToken(String(user.id), undefined, {
      type: 'refresh',
    });
    for (const bad of [refresh, jwt({ id: user.id })]) {
      const error = await refused(app.url, { auth: { token: bad } });
      assert.equal(error.message, 'Invalid or expired token');
    }
  });

  it('takes no token of an admin session', async () => {
    const sessions = app.strapi.sessionManager('admin');
    const { token: refresh } = await sessions.generateRefreshToken('1', 'device', {
      type: 'refresh',
    });
    const { token } = await sessions.generateAccessToken(refresh);
    const error = await refused(app.url, { auth: { token } });
    assert.deepEqual(error.data, { code: 'INVALID_TOKEN' });
  });

  it('ends the connection with the session', async () => {
    const { user, jwt: token } = await app.addUser('leaver');
    const client = await connect(app.url, { auth: { token } });
    const sessions = app.strapi.sessionManager('users-permissions');
    await sessions.invalidateRefreshToken(String(user.id));
    await client.disconnected();
    assert.deepEqual(client.names(), ['io:disconnected']);
    const error = await refused(app.url, { auth: { token } });
    assert.deepEqual(error.data, { code: 'INVALID_TOKEN' });
  });
});
