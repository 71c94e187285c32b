// Events and acknowledgements between one socket and its client.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { next, parity, parityOnTransports, take } from './support.mjs';

parityOnTransports('values of all kinds arrive as they were sent', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const values = [1, '2', 'ünïcödé 🦀', { 3: ['4'], five: null }, true, [], -0.5];
  const there = next(socket, 'values');
  client.emit('values', ...values);
  assert.deepEqual(await there, values);
  const back = next(client, 'values');
  socket.emit('values', ...values);
  assert.deepEqual(await back, values);
});

parityOnTransports('binary data arrives whole, both ways, at any depth', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const there = next(socket, 'bin');
  client.emit('bin', Buffer.from([1, 2, 3]), { deep: [Buffer.from('abc')] }, 'text');
  const [first, second, third] = await there;
  assert.deepEqual([...first], [1, 2, 3]);
  assert.equal(second.deep[0].toString(), 'abc');
  assert.equal(third, 'text');
  const back = next(client, 'bin');
  socket.emit('bin', Buffer.alloc(70_000, 7), new Uint8Array([4, 5]), new Uint8Array([6]).buffer);
  const received = await back;
  assert.deepEqual(
    received.map((b) => Buffer.from(b).length),
    [70_000, 2, 1],
  );
  assert.ok(Buffer.from(received[0]).every((byte) => byte === 7));
});

parityOnTransports('acknowledgements go both ways, with binary too', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  socket.on('ask', (n, answer) => answer(n + 1, Buffer.from('x')));
  const [n, bytes] = await new Promise((resolve) => client.emit('ask', 1, (...a) => resolve(a)));
  assert.equal(n, 2);
  assert.equal(Buffer.from(bytes).toString(), 'x');
  client.on('ask', (answer) => answer('a', 'b'));
  const answers = await new Promise((resolve) => socket.emit('ask', (...a) => resolve(a)));
  assert.deepEqual(answers, ['a', 'b']);
  assert.equal(await socket.emitWithAck('ask'), 'a');
});

parity('an acknowledgement is sent once', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  socket.on('ask', (answer) => {
    answer(1);
    answer(2);
    socket.emit('after');
  });
  const answers = [];
  client.emit('ask', (value) => answers.push(value));
  await next(client, 'after');
  assert.deepEqual(answers, [1]);
});

parity('timeout() gives an error when no answer comes', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const error = await new Promise((resolve) => socket.timeout(20).emit('silence', resolve));
  assert.equal(error.message, 'operation has timed out');
  await assert.rejects(socket.timeout(20).emitWithAck('silence'), /operation has timed out/);
  client.on('ask', (answer) => answer('yes'));
  assert.equal(await socket.timeout(5000).emitWithAck('ask'), 'yes');
  const both = await new Promise((resolve) =>
    socket.timeout(5000).emit('ask', (...args) => resolve(args)),
  );
  assert.deepEqual(both, [null, 'yes']);
});

parity('reserved event names cannot be emitted', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server);
  for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener']) {
    assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
    assert.throws(() => server.io.emit(name), { message: `"${name}" is a reserved event name` });
  }
  assert.throws(() => server.io.serverSideEmit('connection'), {
    message: '"connection" is a reserved event name',
  });
});

parity('send and write are the message event', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const seen = take(client, 'message', 4);
  assert.equal(socket.send('a'), socket);
  assert.equal(socket.write('b'), socket);
  assert.equal(server.io.send('c'), server.io);
  assert.equal(server.io.write('d'), server.io);
  assert.deepEqual(await seen, [['a'], ['b'], ['c'], ['d']]);
  const there = next(socket, 'message');
  client.send('e');
  assert.deepEqual(await there, ['e']);
});

parity('catch-all listeners see incoming events, before the others', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  const seen = [];
  const any = (name, ...args) => seen.push(['any', name, ...args]);
  const removed = () => seen.push(['removed']);
  socket.onAny(any);
  socket.onAny(removed);
  socket.prependAny((name) => seen.push(['first', name]));
  assert.equal(socket.listenersAny().length, 3);
  socket.offAny(removed);
  socket.on('e', () => seen.push(['listener']));
  const over = next(socket, 'e');
  client.emit('e', 1, 2);
  await over;
  assert.deepEqual(seen, [['first', 'e'], ['any', 'e', 1, 2], ['listener']]);
  socket.offAny();
  assert.deepEqual(socket.listenersAny(), []);
});

parity('outgoing catch-all listeners see emits and broadcasts', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const seen = [];
  const removed = () => seen.push('removed');
  socket.onAnyOutgoing((name, ...args) => seen.push([name, ...args]));
  socket.prependAnyOutgoing((name) => seen.push(`first ${name}`));
  socket.onAnyOutgoing(removed);
  socket.offAnyOutgoing(removed);
  assert.equal(socket.listenersAnyOutgoing().length, 2);
  const last = next(client, 'last');
  socket.emit('one', 1);
  server.io.emit('two', 2);
  server.io.to('elsewhere').emit('unseen');
  server.io.except(socket.id).emit('unseen');
  server.io.to(socket.id).emit('last');
  await last;
  assert.deepEqual(seen, [
    'first one',
    ['one', 1],
    'first two',
    ['two', 2],
    'first last',
    ['last'],
  ]);
  socket.offAnyOutgoing();
  server.io.emit('three');
  assert.equal(seen.length, 6);
});

parity('packet middlewares may refuse an event', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  socket.use(([name, ...args], go) => {
    if (name === 'bad') return go(new Error(`no ${args[0]}`));
    setImmediate(go);
  });
  const passed = [];
  socket.onAny((name) => passed.push(name));
  const failed = next(socket, 'error');
  socket.on('bad', () => assert.fail('refused events are not delivered'));
  const good = next(socket, 'good');
  client.emit('bad', 'way');
  client.emit('good', 1);
  assert.equal((await failed)[0].message, 'no way');
  assert.deepEqual(await good, [1]);
  assert.deepEqual(passed, ['bad', 'good']);
});

parity('emit before the client has answered keeps its order', async (world) => {
  const { io, url } = await world.serve();
  io.on('connection', (socket) => {
    for (let i = 0; i < 100; i++) socket.emit('n', i);
    socket.emit('bin', Buffer.from('x'), 100);
    io.emit('n', 101);
  });
  const client = world.client(url);
  const order = [];
  const all = new Promise((resolve) => {
    const push = (n) => order.push(n) === 102 && resolve();
    client.on('n', push);
    client.on('bin', (_, n) => push(n));
  });
  await all;
  assert.deepEqual(
    order,
    Array.from({ length: 102 }, (_, i) => i),
  );
});

parityOnTransports('volatile events may be lost but not the rest', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const got = [];
  client.onAny((name, n) => got.push([name, n]));
  for (let i = 0; i < 50; i++) socket.volatile.emit('v', i);
  server.io.volatile.emit('v', 50);
  const done = next(client, 'done');
  socket.emit('done');
  await done;
  const numbers = got.filter(([name]) => name === 'v').map(([, n]) => n);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  assert.ok(numbers.length <= 51);
});

parity('compress and timeout chain', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  const seen = take(client, 'x', 3);
  socket.compress(false).emit('x', 1);
  server.io.compress(true).emit('x', 2);
  server.io.local.compress(false).emit('x', 3);
  assert.deepEqual(await seen, [[1], [2], [3]]);
});

parityOnTransports('a volatile event does not follow another packet at once', async (world) => {
  const server = await world.serve();
  const { client, socket } = await world.pair(server);
  if (world.transports.length > 1 && !socket.conn.upgraded) await next(socket.conn, 'upgrade');
  const seen = [];
  client.onAny((...args) => seen.push(args));
  const sends = [
    () => socket.emit('kept', 1),
    () => socket.volatile.emit('dropped', 2),
    () => socket.emit('kept', Buffer.from([3])),
    () => server.io.volatile.emit('dropped', 4),
    () => server.io.emit('kept', 5),
    () => socket.volatile.emit('dropped', Buffer.from([6])),
  ];
  for (const send of sends) send();
  client.once('last', (done) => done());
  await socket.emitWithAck('last');
  assert.deepEqual(
    seen.map(([event]) => event),
    ['kept', 'kept', 'kept', 'last'],
  );
});

parity(
  'a volatile event leaves while nothing else does, its attachments with it',
  async (world) => {
    const server = await world.serve();
    const { client, socket } = await world.pair(server);
    for (const sender of [socket, server.io, socket, server.io]) {
      do await nextTurn();
      while (!socket.conn.transport.writable);
      const got = next(client, 'frame');
      sender.volatile.emit('frame', Buffer.from('a'), { more: Buffer.from('b') });
      assert.deepEqual(await got, [Buffer.from('a'), { more: Buffer.from('b') }]);
    }
  },
);

parity('a packet middleware may reshape the event', async (world) => {
  const { client, socket } = await world.pair(await world.serve());
  socket.use((event, next) => {
    event.splice(0, 1, 'renamed', event[0]);
    next();
  });
  const got = next(socket, 'renamed');
  client.emit('original', 1);
  assert.deepEqual(await got, ['original', 1]);
});
