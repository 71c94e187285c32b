// Clients of a Strapi with the default configuration are served by the engine alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { connectMany } from './support/raw-clients.mjs';
import { until } from './support/until.mjs';

const NOTE = 'api::note.note';
const COUNT = 1000;
const USERS = 20;

describe('thousands of clients', { timeout: 240_000 }, () => {
  let app;
  let engine;
  before(async () => {
    app = await boot({ contentTypes: [NOTE] });
    engine = app.strapi.plugin('io').service('server').engine();
    await app.grant('public', NOTE, 'find');
    await app.grant('authenticated', NOTE, 'find');
  });
  after(() => app.close());

  const countQueries = () => {
    const queries = [];
    const note = ({ sql }) => /^select .*from .up_users/i.test(sql) && queries.push(sql);
    app.strapi.db.connection.on('query', note);
    return () => {
      app.strapi.db.connection.off('query', note);
      return queries.length;
    };
  };

  const kinds = {
    public: async () => () => ({}),
    'with an API token': async () => {
      const service = app.strapi.service('admin::api-token-content-api');
      const { accessKey: token } = await service.create({
        name: 'reader',
        type: 'read-only',
        lifespan: null,
      });
      return () => ({ strategy: 'api-token', token });
    },
    'with JWTs': async () => {
      const jwts = [];
      for (let i = 0; i < USERS; i += 1) jwts.push((await app.addUser(`user-${i}`)).jwt);
      return (index) => ({ token: jwts[index % USERS] });
    },
  };
  for (const [kind, prepare] of Object.entries(kinds)) {
    it(`connect, listen, join rooms, subscribe and leave without objects: ${kind}`, async () => {
      const auth = await prepare();
      const note = await app.strapi.documents(NOTE).create({ data: { text: 'first' } });
      const stop = countQueries();
      const clients = await connectMany(app.url, COUNT, auth);
      const queries = stop();
      assert.ok(queries <= 10, `${queries} queries for users`);
      assert.equal(engine.socketCount('/'), COUNT);

      const joined = await Promise.all(clients.map((one) => one.ask('join-room', 'chat')));
      assert.ok(joined.every(({ success }) => success));
      assert.equal(engine.roomSize('/', 'chat'), COUNT);
      const entity = { uid: NOTE, id: note.documentId };
      const half = clients.slice(0, COUNT / 2);
      const answers = await Promise.all(half.map((one) => one.ask('subscribe-entity', entity)));
      assert.ok(
        answers.every(({ success }) => success),
        JSON.stringify(answers[0]),
      );
      const listed = await clients[0].ask('get-entity-subscriptions');
      assert.equal(listed.subscriptions.length, 1);

      await app.strapi.documents(NOTE).create({ data: { text: 'second' } });
      await app.strapi
        .documents(NOTE)
        .update({ documentId: note.documentId, data: { text: 'third' } });
      app.strapi.$io.raw({ event: 'end', data: 1, rooms: 'chat' });
      const hasEnded = ({ events }) => events.some(([name]) => name === 'end');
      await app.strapi.plugin('io').service('changes').idle();
      await until('all have heard everything', () => clients.every(hasEnded));
      const heard = ({ events }) =>
        events.flatMap(([name, { text }]) => (name === 'end' ? [] : text));
      await until('the content', () =>
        clients.every((one, i) => heard(one).length === (i < COUNT / 2 ? 1 : 2)),
      );
      assert.deepEqual(heard(clients[0]), ['third']);
      assert.deepEqual(heard(clients.at(-1)), ['second', 'third']);
      assert.equal(engine.attachedCount(), 0);

      await Promise.all(clients.map((one) => one.close()));
      await until('all are gone', () => engine.socketCount('/') === 0);
      assert.equal(engine.subscriptionCounts().length, 0);
    });
  }

  it('see their sessions end with their rights, without objects', async () => {
    const { jwt, user } = await app.addUser('to-be-blocked');
    const clients = await connectMany(app.url, 200, () => ({ token: jwt }));
    await app.strapi.db
      .query('plugin::users-permissions.user')
      .update({ where: { id: user.id }, data: { blocked: true } });
    await Promise.all(clients.map(({ closed }) => closed));
    const told = clients.map(({ events }) => events);
    const farewell = [['io:disconnected', { reason: 'Access revoked' }]];
    assert.ok(told.every((events) => JSON.stringify(events) === JSON.stringify(farewell)));
    assert.equal(engine.attachedCount(), 0);
    const stats = app.strapi.plugin('io').service('monitoring').getEventStats();
    assert.ok(stats.eventsByType['forced-disconnect'] >= 200);
  });
});

describe('handlers of the application', { timeout: 120_000 }, () => {
  it('give an object only to the clients that send their events', async (t) => {
    const votes = [];
    const handler = ({ io }, socket, what, answer) => {
      votes.push([socket.user?.username ?? null, what, typeof io.emit]);
      answer(socket.id);
    };
    const app = await boot({ contentTypes: [NOTE], events: [{ name: 'vote', handler }] });
    t.after(() => app.close());
    const engine = app.strapi.plugin('io').service('server').engine();
    const { jwt } = await app.addUser('voter');
    const [voter, ...others] = await connectMany(app.url, 50, () => ({ token: jwt }));
    for (const one of others) one.emit('unknown', 1);
    assert.equal(typeof (await voter.ask('vote', 'yes')), 'string');
    assert.deepEqual(votes, [['voter', 'yes', 'function']]);
    assert.equal(engine.attachedCount(), 1);
    const socket = [...app.strapi.$io.server.sockets.sockets.values()].at(0);
    assert.equal(socket.data.user.username, 'voter');
    await Promise.all([voter, ...others].map((one) => one.close()));
  });

  it('for every connection give one to everybody, before any event', async (t) => {
    const connections = [];
    const handler = (_, socket) =>
      connections.push([socket.user?.username, [...socket.rooms].length]);
    const app = await boot({ contentTypes: [NOTE], events: [{ name: 'connection', handler }] });
    t.after(() => app.close());
    const { jwt } = await app.addUser('seen');
    const client = await connect(app.url, { auth: { token: jwt } });
    t.after(() => client.close());
    assert.deepEqual(connections, [['seen', 3]]);
    const engine = app.strapi.plugin('io').service('server').engine();
    assert.equal(engine.attachedCount(), 1);
  });
});
