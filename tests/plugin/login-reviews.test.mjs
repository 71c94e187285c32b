// What logins, logouts and other changes of users cost, and which content events wait for them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const NOTE = 'api::note.note';
const USER = 'plugin::users-permissions.user';

const SESSIONS = 40;
const SOCKETS_PER_SESSION = 5;

describe('logins in refresh mode', { timeout: 180_000 }, () => {
  let app;
  let user;
  let guest;
  let logins;
  const clients = [];
  const keep = (client) => (clients.push(client), client);
  const sessions = () => app.strapi.sessionManager('users-permissions');

  const login = async ({ id }, device) => {
    const type = { type: 'refresh' };
    const { token: refresh, sessionId } = await sessions().generateRefreshToken(
      String(id),
      device,
      type,
    );
    const { token } = await sessions().generateAccessToken(refresh);
    return { token, sessionId, sockets: [] };
  };
  const service = (name) => app.strapi.plugin('io').service(name);
  const settled = () => service('live-access').settled();
  const write = (uid, data) => app.strapi.documents(uid).create({ data });

  /** The queries that reach the database until everything has been looked at. */
  const queriesOf = async (work) => {
    const queries = [];
    const count = ({ sql }) => queries.push(sql);
    app.strapi.db.connection.on('query', count);
    try {
      await work();
      await settled();
    } finally {
      app.strapi.db.connection.off('query', count);
    }
    return queries;
  };
  /** Of those, the ones that read users or sessions, as each check of a socket does. */
  const checks = (queries) =>
    queries.filter((sql) => /^select .*from .(up_users|strapi_sessions)/i.test(sql));

  before(async () => {
    app = await boot(
      { contentTypes: [ARTICLE, NOTE] },
      { usersPermissions: { jwtManagement: 'refresh' } },
    );
    await app.grant('authenticated', ARTICLE, 'find');
    await app.grant('public', NOTE, 'find');
    ({ user } = await app.addUser('many-devices'));
    logins = [];
    for (let device = 0; device < SESSIONS; device += 1) {
      const one = await login(user, `device-${device}`);
      logins.push(one);
      for (let number = 0; number < SOCKETS_PER_SESSION; number += 1) {
        const options = { auth: { token: one.token }, transports: ['websocket'] };
        one.sockets.push(keep(await connect(app.url, options)));
      }
    }
    guest = keep(await connect(app.url));
    await settled();
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('ask nothing about connected sockets', async () => {
    const { user: other } = await app.addUser('newcomer');
    const queries = await queriesOf(async () => {
      for (let number = 0; number < 5; number += 1) await login(other, `new-${number}`);
      await login(user, 'one-more-device');
    });
    const asked = checks(queries);
    // What Strapi's session manager reads itself.
    assert.ok(asked.length <= 30, `${asked.length} queries: ${asked.slice(0, 5).join('\n')}`);
    assert.ok(!asked.some((sql) => sql.includes('up_users')), asked.join('\n'));
  });

  it('end the sockets of a session that is revoked, with a few queries for all', async () => {
    const [revoked, ...others] = logins;
    const queries = await queriesOf(() =>
      sessions().revokeSessionById(String(user.id), revoked.sessionId),
    );
    await Promise.all(revoked.sockets.map((client) => client.disconnected()));
    assert.ok(checks(queries).length <= 6, `${checks(queries).length} queries`);
    await write(ARTICLE, { title: 'still for the others', publishedAt: new Date() });
    const [{ documentId }] = await app.strapi.documents(ARTICLE).findMany({});
    await app.strapi.documents(ARTICLE).publish({ documentId });
    await app.flush(...others.flatMap(({ sockets }) => sockets));
    for (const { sockets } of others) {
      for (const client of sockets) assert.deepEqual(client.take().length > 0, true);
    }
    logins = others;
  });

  it('read each session and each user once, however many sockets they have', async () => {
    const queries = await queriesOf(async () => {
      // Which rows this changes cannot be seen from the query.
      await app.strapi.db
        .query('admin::session')
        .updateMany({ where: { deviceId: 'device-30' }, data: { status: 'rotated' } });
      await app.strapi.db
        .query(USER)
        .updateMany({ where: { username: 'nobody' }, data: { confirmed: true } });
    });
    const asked = checks(queries);
    assert.ok(asked.length >= 2 && asked.length <= 10, `${asked.length}: ${asked.join('\n')}`);
    assert.ok(clients.filter(({ socket }) => socket.connected).length > 150);
  });

  it('keep no event waiting that reaches none of their sockets', async (t) => {
    const strategy = service('strategy');
    const { review } = strategy;
    let go;
    const gate = new Promise((resolve) => (go = resolve));
    t.after(() => go());
    const begun = new Promise((resolve) => {
      t.mock.method(strategy, 'review', async (identities) => {
        resolve();
        await gate;
        return review(identities);
      });
    });
    // A socket of the audience that is looked at, however long that takes.
    const [last] = logins.at(-1).sockets;
    await app.strapi.db
      .query('admin::session')
      .updateMany({ where: { deviceId: 'device-30' }, data: { status: 'rotated' } });
    await begun;
    guest.take();
    last.take();
    const heard = guest.next('note:create');
    await write(NOTE, { text: 'for the public only' });
    await heard;

    const emitted = app.strapi.$io.emit({ event: 'late', schema: ARTICLE, data: { title: 'x' } });
    const outcome = await Promise.race([
      emitted.then(() => 'sent'),
      app.strapi.$io
        .emit({ event: 'early', schema: NOTE, data: { text: 'x' } })
        .then(() => 'waits'),
    ]);
    assert.equal(outcome, 'waits', 'an event for the sockets that are looked at waits for them');
    go();
    await emitted;
    await app.flush(last);
    assert.ok(last.names().includes('article:late'));
  });

  it('end all sockets of a user who logs out everywhere', async () => {
    const queries = await queriesOf(() => sessions().invalidateRefreshToken(String(user.id)));
    await Promise.all(
      logins.flatMap(({ sockets }) => sockets).map((client) => client.disconnected()),
    );
    assert.ok(checks(queries).length <= 6, `${checks(queries).length} queries`);
    assert.equal(guest.socket.connected, true);
  });
});
