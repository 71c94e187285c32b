// The addon by itself: what it refuses, how it ends, and that nothing of it stays behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import {
  Engine,
  descriptorTargets,
  engineOptions,
  engineThreads,
  openDescriptors,
  requestHead,
  run,
  until,
  upgradeHead,
  after,
} from './support.mjs';

const timeout = 15_000;
const linux = { skip: process.platform !== 'linux' && 'looks into /proc' };

/** An engine which is closed with the test. */
function engine(t, options = {}, wake = () => {}) {
  const made = new Engine(engineOptions(options), wake);
  after(t, () => made.close());
  return made;
}

async function session(made, { attach = false } = {}) {
  const { id, status, body } = await made.handle(requestHead(), null, null, attach);
  assert.equal(status, 200, body.toString());
  return id;
}

const poll = (made, sid) => made.handle(requestHead({ sid }), null, null, false);
const post = (made, sid, body) =>
  made.handle(requestHead({ sid, method: 'POST' }), Buffer.from(body), null, false);

for (const [name, value, shown = value] of [
  ['pingInterval', 0],
  ['pingInterval', -1, 0],
  ['pingInterval', NaN, 0],
  ['pingInterval', 2 ** 32 + 5],
  ['pingTimeout', 0],
  ['upgradeTimeout', 2 ** 31],
  ['connectTimeout', 0],
  ['maxPayload', 0],
  ['maxPayload', -5, 0],
  ['maxOutboxBytes', 0],
  ['maxPendingEvents', 0],
  ['maxPendingBytes', 0],
  ['threads', 65],
  ['transports', [], '\\[\\]'],
  ['transports', ['telepathy'], '\\[\\]'],
]) {
  test(`the option ${name} cannot be ${JSON.stringify(value)}`, { timeout }, () => {
    const message = new RegExp(
      `^plugin io: options\\.${name}: ${shown} is not .*\\[INVALID_OPTION\\]$`,
    );
    assert.throws(() => new Engine(engineOptions({ [name]: value }), () => {}), { message });
  });
}

test('a missing or mistyped option is named', { timeout }, () => {
  for (const name of Object.keys(engineOptions())) {
    const rest = engineOptions();
    delete rest[name];
    assert.throws(() => new Engine(rest, () => {}), { message: new RegExp(name) });
    const mistyped = engineOptions({ [name]: Symbol('wrong') });
    assert.throws(() => new Engine(mistyped, () => {}), { message: new RegExp(name) });
  }
});

test('a payload limit may be infinite', { timeout }, async (t) => {
  const made = engine(t, { maxPayload: Infinity });
  const id = await session(made, { attach: true });
  assert.equal((await post(made, id, `4${'x'.repeat(2e6)}`)).status, 200);
  assert.equal(made.drain(10, 1e9)[0].text.length, 2e6);
});

test('arguments of the wrong type are refused and change nothing', { timeout }, async (t) => {
  const made = engine(t);
  const empty = Buffer.alloc(0);
  for (const wrong of [
    () => new Engine(),
    () => new Engine(engineOptions()),
    () => new Engine(engineOptions(), 'wake'),
    () => made.verify(),
    () => made.verify({}),
    () => made.verify(requestHead({ headers: 'none' })),
    () => made.verify(requestHead({ sid: 7 })),
    () => made.handle(),
    () => made.handle(requestHead(), 'a string', null, false),
    () => made.handoff('1', empty, upgradeHead(), null, [], false),
    () => made.handoff(1, 'x', upgradeHead(), null, [], false),
    () => made.openStream(1, empty, upgradeHead(), null, 'headers', false),
    () => made.drain('many', 1e9),
    () => made.write('id', [1], false, 0),
    () => made.write('id', 'text', false, 0),
    () => made.broadcast('/', [], [], [{}], false, 0),
    () => made.join('/', 'sid', 'room'),
    () => made.setEager('yes'),
    () => Engine.prototype.stats.call({}),
  ]) {
    assert.throws(wrong, Error, String(wrong));
  }
  await session(made);
  assert.equal(made.clientsCount(), 1);
});

test('asking about what is not there is answered, not thrown', { timeout }, (t) => {
  const made = engine(t);
  assert.equal(made.attach('nobody'), null);
  assert.equal(made.writable('nobody'), false);
  assert.equal(made.socketConn('/nowhere', 'nobody'), null);
  assert.equal(made.socketRooms('/nowhere', 'nobody'), null);
  assert.equal(made.addSocket('/', 'sid', 'nobody', 0), false);
  assert.deepEqual(made.join('/', 'nobody', ['a', 'b']), [0, 0]);
  assert.deepEqual(made.join('/nowhere', 'nobody', ['a', 'b']), [0, 0]);
  assert.equal(made.leave('/', 'nobody', 'a'), 0);
  assert.deepEqual(made.rooms('/'), []);
  assert.equal(made.broadcast('/', [], [], ['2["x"]'], false, 0), 0);
  assert.equal(made.streamWrite(1, Buffer.from('x')), true);
  made.write('nobody', ['2["x"]'], false, 0);
  made.closeConn('nobody', true);
  made.release('nobody');
  made.abortPoll('nobody');
  made.streamDrained(1, 10);
  made.streamClose(1);
  made.closeNamespace('/nowhere');
  assert.deepEqual(made.drain(10, 1e9), []);
});

test('verify refuses what engine.io refuses, with its code and context', { timeout }, (t) => {
  const made = engine(t);
  const refusal = (head) => {
    const { context, ...rest } = made.verify(head);
    return { ...rest, ...JSON.parse(context) };
  };
  assert.equal(made.verify(requestHead()), null);
  assert.equal(made.verify(upgradeHead()), null);
  assert.deepEqual(refusal(requestHead({ transport: 'telepathy' })), {
    status: 400,
    code: 0,
    message: 'Transport unknown',
    transport: 'telepathy',
  });
  assert.deepEqual(refusal(requestHead({ sid: 'nobody' })), {
    status: 400,
    code: 1,
    message: 'Session ID unknown',
    sid: 'nobody',
  });
  assert.equal(refusal(requestHead({ method: 'POST' })).code, 2);
  assert.equal(refusal(upgradeHead({ headers: [] })).code, 3);
  assert.equal(refusal(requestHead({ eio: '3' })).code, 5);
});

test('handle refuses what was not verified', { timeout }, async (t) => {
  const made = engine(t);
  for (const head of [
    requestHead({ transport: 'telepathy' }),
    requestHead({ sid: 'nobody' }),
    requestHead({ sid: 'nobody', method: 'POST' }),
    requestHead({ eio: '3' }),
  ]) {
    const { code, message } = made.verify(head);
    const answer = await made.handle(head, null, null, false);
    assert.deepEqual([answer.status, answer.id], [400, null]);
    assert.deepEqual(JSON.parse(answer.body), { code, message });
  }
  assert.equal(made.clientsCount(), 0);
});

test('a session id is given out once', { timeout }, async (t) => {
  const made = engine(t);
  const open = () => made.handle(requestHead(), null, 'mine', false);
  assert.equal((await open()).id, 'mine');
  assert.equal((await open()).status, 400);
  assert.throws(
    () => made.openStream(1, Buffer.alloc(0), upgradeHead(), 'mine', [], false),
    /^Error: plugin io: session id mine is already in use \[DUPLICATE_ID\]$/,
  );
  assert.deepEqual(made.connIds(), ['mine']);
});

test('a hand-off that fails takes nothing', { timeout, ...linux }, (t) => {
  const made = engine(t);
  const file = openSync('/dev/null', 'w');
  after(t, () => closeSync(file));
  const before = openDescriptors();
  for (const fd of [-1, 987_654, file]) {
    assert.throws(
      () => made.handoff(fd, Buffer.alloc(0), upgradeHead(), null, [], false),
      /^Error: plugin io: cannot take over the connection: .* \[HANDOFF_FAILED\]$/,
    );
  }
  assert.throws(
    () => made.openStream(1, Buffer.alloc(0), upgradeHead({ sid: 'gone' }), null, [], false),
    /^Error: plugin io: session gone is unknown \[UNKNOWN_SESSION\]$/,
  );
  assert.equal(made.clientsCount(), 0);
  assert.ok(openDescriptors() <= before);
});

test(
  'a hand-off duplicates the descriptor and closes only its own',
  { timeout, ...linux },
  async (t) => {
    const made = engine(t);
    const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    after(t, () => server.close());
    await once(server, 'listening');
    const peer = net.connect(server.address().port, '127.0.0.1');
    const [socket] = await once(server, 'connection');
    after(t, () => {
      peer.destroy();
      socket.destroy();
    });
    const { fd } = socket._handle;
    const target = readlinkSync(`/proc/self/fd/${fd}`);
    const duplicates = () => descriptorTargets().filter((one) => one === target).length;
    assert.equal(duplicates(), 1);
    const id = made.handoff(fd, Buffer.alloc(0), upgradeHead(), null, ['X-Extra', '1'], false);
    assert.equal(duplicates(), 2);
    const [answer] = await once(peer, 'data');
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 .*\r\nX-Extra: 1\r\n\r\n/s);
    made.closeConn(id, true);
    peer.resume().end();
    await until(() => duplicates() === 1);
    assert.equal(socket.destroyed, false);
  },
);

test('a pending poll is settled by close', { timeout }, async (t) => {
  const made = engine(t);
  const id = await session(made);
  const pending = poll(made, id);
  await until(() => made.writable(id));
  await made.close();
  const { status, body } = await pending;
  assert.deepEqual([status, body.toString()], [200, '1']);
});

test('close can be called again, also while it is closing', { timeout }, async (t) => {
  const made = engine(t);
  await session(made);
  const both = [made.close(), made.close()];
  assert.deepEqual(await Promise.all(both), [undefined, undefined]);
  await made.close();
});

test('after close nothing is taken and nothing breaks', { timeout }, async (t) => {
  const made = engine(t);
  const id = await session(made);
  await made.close();
  assert.equal(made.verify(requestHead()).code, 3);
  const closed = /^Error: plugin io: the engine is closed \[ENGINE_CLOSED\]$/;
  await assert.rejects(made.handle(requestHead(), null, null, false), closed);
  await assert.rejects(poll(made, id), closed);
  const empty = Buffer.alloc(0);
  assert.throws(() => made.handoff(0, empty, upgradeHead(), null, [], false), closed);
  assert.throws(() => made.openStream(1, empty, upgradeHead(), null, [], false), closed);
  assert.equal(made.clientsCount(), 0);
  assert.deepEqual(made.connIds(), []);
  assert.equal(made.attach(id), null);
  assert.equal(made.broadcast('/', [], [], ['2["x"]'], false, 0), 0);
  made.write(id, ['2["x"]'], false, 0);
  made.closeConn(id, false);
  made.release(id);
  made.setEager(true);
  made.openNamespace('/late');
  made.abortPoll(id);
});

test(
  'an attached session that close ended is told of as a forced close',
  { timeout },
  async (t) => {
    const made = engine(t);
    const id = await session(made, { attach: true });
    await made.close();
    const ends = made.drain(100, 1e9).filter(({ kind }) => kind === 2);
    assert.deepEqual(
      ends.map(({ conn, text }) => [conn, text]),
      [[id, 'forced close']],
    );
  },
);

test('wake is called once until nothing was left to drain', { timeout }, async (t) => {
  let wakes = 0;
  const made = engine(t, {}, () => wakes++);
  const id = await session(made, { attach: true });
  await post(made, id, '4a\x1e4b');
  await until(() => wakes > 0);
  await post(made, id, '4c');
  assert.equal(wakes, 1);
  assert.deepEqual(
    made.drain(2, 1e9).map(({ kind, conn, text, data, key }) => [kind, conn, text, data, key]),
    [
      [0, id, 'a', null, 0],
      [0, id, 'b', null, 0],
    ],
  );
  await post(made, id, '4d');
  assert.deepEqual(
    made.drain(10, 1e9).map(({ text }) => text),
    ['c', 'd'],
  );
  assert.equal(wakes, 1, 'more may have come meanwhile');
  assert.deepEqual(made.drain(10, 1e9), []);
  await post(made, id, 'bAQI=');
  await until(() => wakes === 2);
  const [{ kind, data }] = made.drain(10, 1e9);
  assert.deepEqual([kind, data], [1, Buffer.from([1, 2])]);
});

test('events wait for an embedder that is slow, up to the bound', { timeout }, async (t) => {
  const made = engine(t, { maxPendingEvents: 3 });
  const id = await session(made, { attach: true });
  await post(made, id, '41\x1e42\x1e43');
  let answered = false;
  const paused = post(made, id, '44').then(() => (answered = true));
  const other = await session(made, { attach: true }); // a round trip through the engine's threads
  assert.equal(answered, false);
  assert.equal(made.stats().pendingEvents, 3);
  assert.equal(made.drain(3, 1e9).length, 3);
  await paused;
  assert.deepEqual(
    made.drain(10, 1e9).map(({ text }) => text),
    ['4'],
  );
  assert.deepEqual(made.connIds().sort(), [id, other].sort());
});

test('two engines in one process share nothing', { timeout }, async (t) => {
  const [first, second] = [engine(t), engine(t)];
  const id = await session(first);
  assert.equal(second.verify(requestHead({ sid: id })).code, 1);
  await session(second);
  await first.close();
  assert.equal(second.clientsCount(), 1);
  await session(second);
});

test(
  'threads are gone after close, and engines can follow each other',
  { timeout, ...linux },
  async () => {
    await until(() => engineThreads().length === 0); // those of earlier tests
    for (let round = 0; round < 10; round++) {
      const made = new Engine(engineOptions({ threads: 2 }), () => {});
      await session(made);
      await until(() => engineThreads().length >= 3);
      await made.close();
      // the thread that closes the others ends when it has said so
      await until(() => engineThreads().length === 0);
    }
  },
);

const PRELUDE = `
  const { Engine } = require('./index.js');
  const options = ${JSON.stringify(engineOptions())};
  const head = ${JSON.stringify(requestHead())};
`;

test('the process ends by itself after close', { timeout: 30_000 }, async () => {
  const { code, stdout } = await run(`${PRELUDE}
    const engine = new Engine(options, () => {});
    engine.handle(head, null, null, true)
      .then(({ id }) => (engine.handle({ ...head, sid: id }, null, null, true), engine.close()))
      .then(() => console.log('closed'));
    process.on('exit', () => console.log('exit'));
  `);
  assert.deepEqual([code, stdout], [0, 'closed\nexit']);
});

test('an engine that was forgotten does not keep the process', { timeout: 30_000 }, async () => {
  const { code, stderr } = await run(`${PRELUDE}
    for (let i = 0; i < 3; i++) new Engine(options, () => {}).handle(head, null, null, true);
  `);
  assert.deepEqual([code, stderr], [0, '']);
});

test(
  'an engine that was collected takes its threads along',
  { timeout: 30_000, ...linux },
  async () => {
    const { code, stderr } = await run(`${PRELUDE}
    require('node:v8').setFlagsFromString('--expose-gc');
    const gc = require('node:vm').runInNewContext('gc');
    const { readdirSync, readFileSync } = require('node:fs');
    const threads = () => readdirSync('/proc/self/task').filter((id) => {
      try { return readFileSync('/proc/self/task/' + id + '/comm', 'utf8').startsWith('plugin-io'); }
      catch { return false; }
    }).length;
    (async () => {
      await (async () => { await new Engine(options, () => {}).handle(head, null, null, false); })();
      while (threads() > 0) { gc(); await new Promise((done) => setTimeout(done, 5)); }
    })();
  `);
    assert.deepEqual([code, stderr], [0, '']);
  },
);

test(
  'a wake that throws is an uncaught exception, and the engine goes on',
  { timeout: 30_000 },
  async () => {
    const { code, stdout, stderr } = await run(`${PRELUDE}
    let wakes = 0;
    const engine = new Engine(options, () => { wakes++; throw new Error('from wake'); });
    process.on('uncaughtException', ({ message }) => {
      if (wakes > 2) return; // the end of the session, before or after close has resolved
      console.log(message, engine.drain(10, 1e9).map(({ text }) => text).join());
      engine.drain(10, 1e9); // nothing: from now on it wakes again
      if (wakes === 1) post('second');
      if (wakes === 2) engine.close().then(() => console.log('closed'));
    });
    let sid;
    const post = (text) =>
      engine.handle({ ...head, sid, method: 'POST' }, Buffer.from('4' + text), null, true);
    engine.handle(head, null, null, true).then(({ id }) => { sid = id; post('first'); });
  `);
    assert.deepEqual([code, stdout], [0, 'from wake first\nfrom wake second\nclosed'], stderr);
  },
);

test(
  'a worker thread may have an engine of its own and end without closing it',
  { timeout: 30_000 },
  async () => {
    const { code, stdout, stderr } = await run(`${PRELUDE}
    const { Worker, isMainThread } = require('node:worker_threads');
    const source = ${JSON.stringify(PRELUDE)} + \`
      globalThis.engine = new Engine(options, () => {});
      engine.handle(head, null, null, true).then(({ status }) => require('node:worker_threads').parentPort.postMessage(status));
    \`;
    let ended = 0;
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(source, { eval: true });
      worker.on('message', (status) => console.log(status));
      worker.on('exit', (code) => (ended += code === 0) === 3 && console.log('ended'));
    }
  `);
    assert.deepEqual([code, stdout], [0, '200\n200\n200\nended'], stderr);
  },
);
