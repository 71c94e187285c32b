// Clients of guarded namespaces are let in, moved and answered by the engine, without JavaScript objects.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_EVENTS, RULES, TABLE, guarded } from './guarded.mjs';
import { RawClient, client, connected, next, serve, until } from './support.mjs';

const timeout = 60_000;
const users = (token) =>
  /^user \d+$/.test(token) ? { id: Number(token.slice(5)), username: token } : null;

async function start(t, userOf = users) {
  const calls = {};
  const server = await serve(
    t,
    guarded(() => server.io, userOf, calls),
  );
  const { io } = server;
  io.guardNamespace('/', { isPublic: true, hasContent: true });
  io.guardNamespace('/members', { isPublic: false, hasContent: false });
  io.of('/members');
  io.native.setClientRules(RULES);
  io.native.setClientEvents(CLIENT_EVENTS);
  return { ...server, native: io.native, calls };
}

const ask = (socket, event, ...args) => socket.timeout(5000).emitWithAck(event, ...args);
const refusalOf = async (t, url, auth) => {
  const socket = client(t, url, { auth });
  const [error] = await next(socket, 'connect_error');
  return `${error.message} ${error.data?.code}`;
};

test('the public, API tokens and users get in without objects', { timeout }, async (t) => {
  const { native, url, calls, io } = await start(t);
  const open = (count, auth) =>
    Promise.all(Array.from({ length: count }, (_, i) => connected(t, url, { auth: auth(i) })));
  await open(20, () => ({}));
  await open(20, () => ({ strategy: 'api-token', token: 'key' }));
  await open(20, (i) => ({ token: `user ${i}` }));
  assert.equal(native.socketCount('/'), 60);
  assert.equal(native.attachedCount(), 0);
  assert.equal(calls.questions, 20);
  assert.equal(calls.tables, 1);
  const sizes = ['io:role:1', 'io:role:2', 'io:token:1', 'Users', 'Public', 'lobby'];
  assert.deepEqual(
    sizes.map((room) => native.roomSize('/', room)),
    [20, 20, 20, 20, 20, 40],
  );
  const [record] = native.socketList('/', 'io:', 'user 7', true, 0, 10).sockets;
  assert.equal(record.identity.name, 'user 7');
  assert.deepEqual(JSON.parse(record.identity.user), { id: 7, username: 'user 7' });
  // Reading one makes its object, which shows who it is.
  const socket = io.sockets.sockets.get(record.sid);
  assert.equal(socket.identity.userId, '7');
  assert.deepEqual([...socket.rooms].sort(), [record.sid, 'Users', 'io:role:1', 'lobby'].sort());
  assert.equal(native.attachedCount(), 1);
});

test('who may not connect is told why', { timeout }, async (t) => {
  const { native, url } = await start(t);
  const cases = [
    [{ token: 'nobody' }, 'Invalid or expired token INVALID_TOKEN'],
    [{ strategy: 'api-token', token: 'no key' }, 'Invalid or expired token INVALID_TOKEN'],
    [
      { strategy: 'x', token: 'y' },
      'Unknown auth strategy: use "jwt" or "api-token" UNKNOWN_STRATEGY',
    ],
    [{ token: 7 }, 'Invalid or expired token INVALID_TOKEN'],
  ];
  for (const [auth, expected] of cases) assert.equal(await refusalOf(t, url, auth), expected);
  const required = 'Authentication required AUTHENTICATION_REQUIRED';
  assert.equal(await refusalOf(t, `${url}/members`, {}), required);
  native.setAccessTable({ ...TABLE, isPublic: false });
  assert.equal(await refusalOf(t, url, {}), required);
  const closed = TABLE.principals.map((one) => ({ ...one, mayConnect: one.key !== 'role:1' }));
  native.setAccessTable({ ...TABLE, principals: closed });
  assert.equal(await refusalOf(t, url, { token: 'user 1' }), 'This role may not connect FORBIDDEN');
  assert.equal(native.attachedCount(), 0);
});

test(
  'clients wait for a table that is out of date, and are refused if there is none',
  { timeout },
  async (t) => {
    const { native, url, calls } = await start(t);
    await connected(t, url);
    native.expireAccessTable();
    await Promise.all([connected(t, url), connected(t, url, { auth: { token: 'user 1' } })]);
    assert.equal(calls.tables, 2);
    t.mock.method(native, 'setAccessTable', () => native.failAccessTable());
    native.expireAccessTable();
    assert.equal(await refusalOf(t, url, {}), 'Authentication failed INTERNAL_ERROR');
  },
);

test(
  'a check moves sockets to another role, and ends those that may not stay',
  { timeout },
  async (t) => {
    const { native, url } = await start(t);
    const [moving, leaving, staying] = await Promise.all(
      [1, 2, 3].map((id) => connected(t, url, { auth: { token: `user ${id}` } })),
    );
    const held = native.concernedIdentities(['user:1', 'user:2']);
    assert.deepEqual(held.map(({ identity }) => identity.userId).sort(), ['1', '2']);
    const [first, second] = held.sort((a, b) => a.identity.userId - b.identity.userId);
    const told = next(leaving, 'io:disconnected');
    const touched = native.applyAccess([
      { key: first.identity.key, identity: { ...first.identity, principal: 'role:2' }, reason: '' },
      { key: second.identity.key, identity: null, reason: 'Access revoked' },
    ]);
    assert.deepEqual(touched, [], 'JavaScript has no objects of them');
    assert.deepEqual((await told)[0], { reason: 'Access revoked' });
    await until(() => !leaving.connected && native.socketCount('/') === 2);
    assert.deepEqual(native.roomSids('/', 'io:role:2'), [moving.id]);
    assert.deepEqual(native.roomSids('/', 'Users'), [staying.id]);
    assert.equal(native.attachedCount(), 0);
  },
);

test('credentials that expire end their connection', { timeout }, async (t) => {
  const soon = (token) => ({ id: 1, username: token, expiresAt: Date.now() + 300 });
  const { url, native } = await start(t, soon);
  const socket = await connected(t, url, { auth: { token: 'x' } });
  const late = await connected(t, url, { auth: {} });
  await next(socket, 'auth:expired');
  await until(() => !socket.connected);
  assert.equal(late.connected, true);
  assert.equal(native.attachedCount(), 0);
});

test('rooms and private messages need no objects', { timeout }, async (t) => {
  const { native, url } = await start(t);
  const [ann, bob] = [
    await connected(t, url),
    await connected(t, url, { auth: { token: 'user 2' } }),
  ];
  assert.deepEqual(await ask(ann, 'join-room', 'chat'), { success: true, room: 'chat' });
  for (const room of ['Users', 'io:role:1', bob.id, 'api::note.note:1']) {
    const answer = { success: false, error: 'This room is reserved' };
    assert.deepEqual(await ask(ann, 'join-room', room), answer);
  }
  assert.match((await ask(ann, 'join-room', 'a b')).error, /^Invalid room name/);
  assert.deepEqual((await ask(ann, 'get-rooms')).rooms.sort(), ['Public', 'chat', 'lobby']);
  assert.deepEqual(await ask(ann, 'leave-room', 'chat'), { success: true, room: 'chat' });
  const got = next(bob, 'private-message');
  assert.deepEqual(await ask(ann, 'private-message', { to: bob.id, message: 'hi' }), {
    success: true,
  });
  const [{ timestamp, ...message }] = await got;
  assert.deepEqual(message, { from: ann.id, fromUser: 'anonymous', message: 'hi' });
  assert.ok(Math.abs(timestamp - Date.now()) < 10_000);
  const unknown = await ask(ann, 'private-message', { to: 'x', message: 'hi' });
  assert.deepEqual(unknown, { success: false, error: 'Target socket not found' });
  assert.equal(native.attachedCount(), 0);
});

test(
  'entity subscriptions are kept by the engine, in the order of the requests',
  { timeout },
  async (t) => {
    const { native, url, calls } = await start(t);
    const [reader, user] = [
      await connected(t, url),
      await connected(t, url, { auth: { token: 'user 1' } }),
    ];
    const uid = 'api::note.note';
    const answers = await Promise.all([
      ask(reader, 'subscribe-entity', { uid, id: 7 }),
      ask(reader, 'subscribe-entity', { uid, id: 'gone' }),
      ask(reader, 'subscribe-entity', { uid, id: 'broken' }),
      ask(reader, 'unsubscribe-entity', { uid, id: 7 }),
      ask(reader, 'subscribe-entity', { uid, id: 'x' }),
      ask(reader, 'get-entity-subscriptions'),
    ]);
    assert.deepEqual(answers, [
      { success: true, room: `${uid}:7`, uid, id: 7 },
      { success: false, error: 'Entity not found' },
      { success: false, error: 'Internal error' },
      { success: true, room: `${uid}:7`, uid, id: 7 },
      { success: true, room: `${uid}:x`, uid, id: 'x' },
      { success: true, subscriptions: [{ uid, id: 'x', room: `${uid}:x` }] },
    ]);
    assert.ok(calls['look-ups'] >= 1);
    const denied = await ask(user, 'subscribe-entity', { uid, id: 'x' });
    assert.equal(denied.error, 'Permission denied: no access to this content type');
    assert.deepEqual(native.roomSids('/', `io:role:2:${uid}:document-x`), [reader.id]);
    assert.deepEqual(native.subscriptionCounts(), [{ uid, count: 1 }]);
    // Another table, which does not let the role read: the subscription is dropped.
    native.setAccessTable({
      ...TABLE,
      principals: TABLE.principals.map((one) => ({ ...one, readable: [] })),
    });
    assert.deepEqual(native.subscriptionCounts(), []);
    assert.equal(native.roomSize('/', `io:role:2:${uid}:document-x`), 0);
    assert.equal(native.attachedCount(), 0);
  },
);

test(
  'a client gets an object with the first event that somebody handles',
  { timeout },
  async (t) => {
    const { native, url, io, calls } = await start(t);
    native.setHandledEvents(['vote']);
    const connect = io.opts.access.connected;
    io.opts.access.connected = (socket, isNew) => {
      connect(socket, isNew);
      socket.on('vote', (what, answer) => answer(`${socket.identity.name} ${what} ${isNew}`));
    };
    const [quiet, voter] = await Promise.all(
      [1, 2].map((id) => connected(t, url, { auth: { token: `user ${id}` } })),
    );
    quiet.emit('something else');
    assert.equal(await ask(voter, 'vote', 'yes'), 'user 2 yes false');
    assert.equal(await ask(voter, 'vote', 'no'), 'user 2 no false');
    assert.deepEqual(await ask(voter, 'get-rooms').catch(() => 'no listener'), 'no listener');
    assert.equal(native.attachedCount(), 1);
    assert.equal(calls.connected, 1);
    // From now on everybody is seen, and who somebody is is known before any middleware.
    const seen = [];
    io.use((socket, done) => {
      seen.push(socket.identity.userId);
      done();
    });
    await connected(t, url, { auth: { token: 'user 3' } });
    assert.deepEqual(seen, ['3']);
    assert.equal(native.attachedCount(), 2);
    const error = await refusalOf(t, url, { token: 'nobody' });
    assert.equal(error, 'Invalid or expired token INVALID_TOKEN');
  },
);

test('two attempts of one connection do not mix who they are', { timeout }, async (t) => {
  const { io, native, port } = await start(t);
  const waiting = [];
  io.use((socket, done) => {
    if (socket.identity.userId === null) return done(new Error('log in'));
    waiting.push(done);
  });
  const raw = await RawClient.open(t, port);
  raw.send('40{"token":"user 1"}');
  await until(() => waiting.length === 1);
  raw.send('40');
  assert.equal(await raw.next(), '44{"message":"log in"}');
  waiting[0]();
  const [, sid] = /^40\{"sid":"([^"]+)"/.exec(await raw.next());
  assert.equal(native.socketIdentity('/', sid).userId, '1');
  assert.deepEqual(native.roomSids('/', 'io:role:1'), [sid]);
  assert.equal(native.roomSize('/', 'io:role:2'), 0);
});

test(
  'who leaves while an entity is looked up is answered again when back',
  { timeout },
  async (t) => {
    const { io, native, port } = await start(t);
    const { work } = io.opts.access;
    const raw = await RawClient.open(t, port);
    raw.send('40');
    assert.match(await raw.next(), /^40/);
    let isAway = true;
    io.opts.access.work = () => isAway || work();
    raw.send('421["subscribe-entity",{"uid":"api::note.note","id":"x"}]');
    raw.send('422["join-room","chat"]');
    await until(() => native.stats().packetsIn >= 3);
    raw.send('41');
    raw.send('40');
    assert.match(await raw.next(), /^40/);
    isAway = false;
    work();
    raw.send('423["join-room","other"]');
    const answers = [];
    while (!answers.some((answer) => answer.startsWith('433'))) answers.push(await raw.next());
    assert.ok(answers.includes('433[{"room":"other","success":true}]'), answers.join(' '));
    assert.deepEqual(native.subscriptionCounts(), []);
  },
);

test('admins are told apart', { timeout }, async (t) => {
  const { io, native, url } = await start(t);
  const { work } = io.opts.access;
  io.opts.access.work = () => {
    const { questions } = native.accessWork(10);
    native.answerAccess(
      questions.map(({ id, token }) => ({
        id,
        outcome: {
          identity: {
            key: '',
            strategy: 'admin-jwt',
            principal: null,
            user: null,
            userId: null,
            name: token,
            sessionId: null,
            keyHash: null,
            expiresAt: null,
            admin: JSON.stringify({ user: token }),
          },
          denial: null,
        },
      })),
    );
    work();
  };
  await connected(t, url);
  for (const token of ['ann', 'bob']) {
    await connected(t, url, { auth: { strategy: 'admin-jwt', token } });
  }
  const held = native.concernedIdentities(['everybody']);
  assert.equal(held.length, 3);
  native.applyAccess(held.map(({ identity }) => ({ key: identity.key, identity, reason: '' })));
  const names = native
    .socketList('/', 'io:', '', true, 0, 9)
    .sockets.map((one) => one.identity.name);
  assert.deepEqual(names.sort(), [null, 'ann', 'bob'].sort());
  assert.equal(native.socketList('/', 'io:', '', false, 0, 9).total, 1);
});
