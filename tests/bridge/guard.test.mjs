// What the engine does about clients that keep knocking, without any rate limit configured.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Manager } from 'socket.io-client';
import { guarded } from './guarded.mjs';
import {
  RawClient,
  after,
  client,
  connected,
  frame,
  next,
  poller,
  serve,
  until,
} from './support.mjs';

const timeout = 60_000;
const times = (count, make) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => frame(make(i))));

/** Counts what a raw client is answered until the server ends the connection. */
async function answersUntilEnd(raw) {
  const answers = [];
  for (let answer = await raw.next(); answer !== undefined; answer = await raw.next()) {
    answers.push(answer);
  }
  return answers;
}

test('a connection that guesses tokens ends after few of them', { timeout }, async (t) => {
  const { io, port, url, log } = await serve(t);
  let asked = 0;
  io.use((socket, decide) => {
    asked += 1;
    decide(socket.handshake.auth.token === 'right' ? undefined : new Error('wrong token'));
  });
  const raw = await RawClient.open(t, port);
  let refused = 0;
  for (let guess = 0; guess < 1000 && !raw.ended; guess++) {
    raw.send(`40{"token":"guess ${guess}"}`);
    if ((await raw.next()) === '44{"message":"wrong token"}') refused += 1;
  }
  assert.equal(refused, 11, 'ten of them and a last one are answered');
  assert.equal(asked, 11, 'and no other reaches JavaScript');
  assert.equal(raw.closeCode, 1005);
  await until(() => log.length > 0);
  assert.match(
    log[0],
    /^warn: .*closed: too many of its attempts to join a namespace were refused/,
  );
  (await connected(t, url, { auth: { token: 'right' } })).disconnect();

  const flooding = await RawClient.open(t, port);
  flooding.write(times(20_000, (i) => `40{"token":"guess ${i}"}`));
  const answers = await answersUntilEnd(flooding);
  assert.ok(answers.length < 100, `${answers.length} guesses answered at once`);
  assert.ok(asked < 150, `${asked} guesses reached JavaScript`);
});

test('one that comes by long-polling, too', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  io.use((_, decide) => decide(new Error('wrong token')));
  const session = await poller(port);
  const body = Array.from({ length: 1000 }, (_, i) => `40{"token":"${i}"}`).join('\x1e');
  await session.post(body);
  let refused = 0;
  for (let answer = await session.get(); answer.status === 200; answer = await session.get()) {
    refused += answer.body.split('wrong token').length - 1;
    if (answer.body.endsWith('1')) break;
  }
  assert.ok(refused < 100, `${refused} guesses answered`);
  await until(() => io.engine.clientsCount === 0);
});

for (const [how, prepare] of [
  ['without JavaScript', () => {}],
  ['with a listener', (io) => io.on('connection', () => {})],
]) {
  test(`namespaces that do not exist are few, ${how}`, { timeout }, async (t) => {
    const { io, port } = await serve(t);
    prepare(io);
    const raw = await RawClient.open(t, port);
    raw.write(times(5000, (i) => `40/n${i},`));
    const answers = await answersUntilEnd(raw);
    assert.ok(answers.length >= 10 && answers.length < 100, `${answers.length} answers`);
  });

  test(
    `joining and leaving again and again ends the connection, ${how}`,
    { timeout },
    async (t) => {
      const { io, port } = await serve(t);
      prepare(io);
      const raw = await RawClient.open(t, port);
      raw.write(times(20_000, (i) => (i % 2 === 0 ? '40' : '41')));
      const answers = await answersUntilEnd(raw);
      assert.ok(answers.length < 300, `${answers.length} answers`);
    },
  );

  test(`an application with many namespaces notices nothing, ${how}`, { timeout }, async (t) => {
    const { io, port } = await serve(t);
    prepare(io);
    for (let i = 0; i < 40; i++) {
      io.of(`/n${i}`);
      if (how !== 'without JavaScript') io.of(`/n${i}`).use((_, go) => setTimeout(go, 20));
    }
    const raw = await RawClient.open(t, port);
    raw.write(times(40, (i) => `40/n${i},{"token":"x"}`));
    for (let i = 0; i < 40; i++) assert.match(await raw.next(), /^40\/n\d+,\{"sid"/);
  });
}

test('few CONNECT packets of one connection are worked on at a time', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  const waiting = [];
  io.use((_, decide) => waiting.push(decide));
  const raw = await RawClient.open(t, port);
  raw.write(times(64 + 256, (i) => `40{"token":"${i}"}`));
  await until(() => waiting.length === 64);
  // Beyond what may wait they are refused, however many: it is no sign of guessing.
  raw.write(times(20, () => '40{"token":"more"}'));
  for (let i = 0; i < 20; i++) {
    assert.equal(await raw.next(), '44{"message":"Too many pending connections"}');
  }
  assert.equal(waiting.length, 64);
  waiting.shift()(new Error('no'));
  assert.equal(await raw.next(), '44{"message":"no"}');
  await until(() => waiting.length === 64);
  for (let i = 0; i < 3; i++) waiting.shift()(new Error('no'));
  await until(() => waiting.length === 64);
});

test('a client may join a hundred namespaces at once, however slow', { timeout }, async (t) => {
  const { io, url } = await serve(t);
  const count = 100;
  const waiting = [];
  for (let i = 0; i < count; i++) io.of(`/n${i}`).use((_, decide) => waiting.push(decide));
  const manager = new Manager(url, { transports: ['websocket'], reconnection: false });
  const sockets = Array.from({ length: count }, (_, i) =>
    manager.socket(`/n${i}`, { auth: { token: 'right' } }),
  );
  after(t, () => sockets.forEach((socket) => socket.disconnect()));
  const join = async (joining) => {
    const joined = joining.map((socket) => {
      const outcome = Promise.race([
        next(socket, 'connect'),
        next(socket, 'connect_error').then(([error]) => Promise.reject(error)),
        next(socket, 'disconnect').then(([reason]) => Promise.reject(new Error(reason))),
      ]);
      socket.connect();
      return outcome;
    });
    await until(() => waiting.length === 64);
    for (let i = 0; i < joining.length; i++) {
      await until(() => waiting.length > 0);
      waiting.shift()();
    }
    await Promise.all(joined);
    for (const socket of joining) socket.removeAllListeners();
  };
  await join(sockets);
  // A page that leaves them and joins them again is ordinary, too. The first one keeps the connection open.
  const { engine } = manager;
  const others = sockets.slice(1);
  for (const socket of others) socket.disconnect();
  await join(others);
  assert.equal(manager.engine, engine);
});

test('a client that gets its token right at last stays', { timeout }, async (t) => {
  const { io, port } = await serve(t);
  io.use((socket, decide) =>
    decide(socket.handshake.auth.token === 'right' ? undefined : new Error('wrong')),
  );
  const raw = await RawClient.open(t, port);
  for (let i = 0; i < 8; i++) {
    raw.send('40{"token":"old"}');
    assert.equal(await raw.next(), '44{"message":"wrong"}');
  }
  raw.send('40{"token":"right"}');
  assert.match(await raw.next(), /^40\{"sid"/);
});

test(
  'CONNECT packets count for the rate limit, and a client may always leave',
  { timeout },
  async (t) => {
    const { io, port } = await serve(t);
    io.engine.native.setSecurity({
      maxConnections: 0,
      maxConnectionsPerIp: 0,
      maxEventsPerSecond: 4,
      allow: [],
      deny: [],
      trustedProxies: [],
      origins: null,
      events: [],
      maxEventBytes: 1_000_000,
      maxEventDepth: 100,
    });
    io.on('connection', () => {});
    const left = [];
    for (let i = 0; i < 6; i++) {
      io.of(`/n${i}`).on('connection', (socket) => socket.on('disconnect', () => left.push(i)));
    }
    const raw = await RawClient.open(t, port);
    raw.write(times(6, (i) => `40/n${i},`));
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await raw.next());
    const refused = answers.filter((answer) => answer.includes('Rate limit exceeded'));
    assert.ok(refused.length >= 1 && refused.length <= 2, answers.join('\n'));
    assert.match(refused[0], /^44\/n\d,\{"message":"Rate limit exceeded"\}$/);
    raw.send('41/n0,');
    await until(() => left.includes(0));
  },
);

test(
  'an address that guesses is slowed down; those with good tokens get in',
  { timeout },
  async (t) => {
    const attempts = [];
    const user = (token) => {
      attempts.push(token);
      return token === 'right' ? { id: 1, username: 'ann' } : null;
    };
    const { io, url } = await serve(
      t,
      guarded(() => io, user),
    );
    const { native } = io.engine;
    io.guardNamespace('/', { isPublic: true, hasContent: true });
    // Each connection makes one guess only, so that no connection is ended for it.
    const guesses = Array.from({ length: 300 }, (_, i) => {
      const socket = client(t, url, { auth: { token: `guess ${i}` } });
      return next(socket, 'connect_error').then(() => socket.disconnect());
    });
    await Promise.all(guesses);
    assert.equal(attempts.length, 300, 'none is refused unseen');
    assert.ok(native.stats().limited > 0, 'some had to wait');
    const good = await Promise.all(
      Array.from({ length: 50 }, () => connected(t, url, { auth: { token: 'right' } })),
    );
    assert.equal(good.length, 50);
    const before = native.stats().limited;
    await connected(t, url);
    assert.equal(native.stats().limited, before, 'who brings no token does not wait');
  },
);

test('the log has few lines of a kind, and then their number', { timeout }, async (t) => {
  const { io, port, log } = await serve(t);
  io.use(() => {
    throw new Error('broken middleware');
  });
  for (let i = 0; i < 30; i++) {
    const raw = await RawClient.open(t, port);
    raw.send('40');
    await raw.next();
    raw.destroy();
  }
  const lines = () => log.filter((line) => line.includes('broken middleware'));
  assert.equal(lines().length, 10);
  await until(() =>
    log.some((line) => /a middleware.*: 20 more lines were left out in 10 s/.test(line)),
  );
});
