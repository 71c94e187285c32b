// Rooms, broadcasts and the utility methods over many sockets.
import assert from 'node:assert/strict';
import { next, parity, parityOnTransports } from './support.mjs';

/** Three connected pairs; `names` says who got what when `done` has been heard by all. */
async function three(world) {
  const server = await world.serve();
  const pairs = [];
  for (let i = 0; i < 3; i++) pairs.push(await world.pair(server));
  const [a, b, c] = pairs;
  const heard = async (send) => {
    const got = pairs.map(() => []);
    pairs.forEach(({ client }, i) => client.onAny((name, ...args) => got[i].push([name, ...args])));
    const done = Promise.all(pairs.map(({ client }) => next(client, 'done')));
    await send();
    server.io.emit('done');
    await done;
    pairs.forEach(({ client }) => client.offAny());
    return got.map((events) => events.slice(0, -1).map(([, ...args]) => args.join()));
  };
  return { ...server, a, b, c, heard };
}

parityOnTransports('to, in, except and chains reach whom they name', async (world) => {
  const { io, a, b, c, heard } = await three(world);
  a.socket.join('red');
  b.socket.join(['red', 'blue']);
  c.socket.join('green');
  const cases = [
    [() => io.emit('e', 1), '1|1|1'],
    [() => io.to('red').emit('e', 2), '2|2|'],
    [() => io.in('blue').emit('e', 3), '|3|'],
    [() => io.to('red').to('blue').emit('e', 4), '4|4|'],
    [() => io.to(['blue', 'green']).emit('e', 5), '|5|5'],
    [() => io.except('red').emit('e', 6), '||6'],
    [() => io.to('red').except('blue').emit('e', 7), '7||'],
    [() => io.except(['blue', 'green']).emit('e', 8), '8||'],
    [() => io.to('nobody').emit('e', 9), '||'],
    [() => a.socket.broadcast.emit('e', 10), '|10|10'],
    [() => a.socket.to('red').emit('e', 11), '|11|'],
    [() => a.socket.in('green').except('blue').emit('e', 12), '||12'],
    [() => a.socket.except('red').emit('e', 13), '||13'],
    [() => io.to(c.socket.id).emit('e', 14), '||14'],
    [() => io.local.emit('e', 15), '15|15|15'],
    [() => a.socket.local.emit('e', 16), '|16|16'],
    [() => io.of('/').to('red').emit('e', Buffer.from('x')), 'x|x|'],
  ];
  for (const [send, expected] of cases) {
    const got = await heard(send);
    assert.equal(got.map((one) => one.map(String).join()).join('|'), expected);
  }
});

parity('recipients are those of the moment of the call', async (world) => {
  const { io, a, b, heard } = await three(world);
  const got = await heard(() => {
    a.socket.join('r');
    io.to('r').emit('e', 1);
    a.socket.leave('r');
    b.socket.join('r');
    io.to('r').emit('e', 2);
    b.socket.leave('r');
    io.to('r').emit('e', 3);
  });
  assert.deepEqual(got, [['1'], ['2'], []]);
});

parity('rooms and sids show who is where', async (world) => {
  const { io, a, b, c } = await three(world);
  const { adapter } = io.of('/');
  a.socket.join('r');
  b.socket.join(['r', 's']);
  assert.deepEqual([...a.socket.rooms].sort(), [a.socket.id, 'r'].sort());
  assert.deepEqual([...adapter.rooms.get('r')].sort(), [a.socket.id, b.socket.id].sort());
  assert.equal(adapter.rooms.get('s').size, 1);
  assert.equal(adapter.rooms.get('none'), undefined);
  assert.equal(adapter.rooms.has('r'), true);
  assert.equal(adapter.rooms.size, 5);
  assert.deepEqual(
    [...adapter.rooms.keys()].sort(),
    ['r', 's', a.socket.id, b.socket.id, c.socket.id].sort(),
  );
  assert.equal(adapter.sids.size, 3);
  assert.deepEqual([...adapter.sids.get(b.socket.id)].sort(), [b.socket.id, 'r', 's'].sort());
  assert.deepEqual([...adapter.socketRooms(a.socket.id)].sort(), [a.socket.id, 'r'].sort());
  let pairs = 0;
  adapter.rooms.forEach((members, room, map) => {
    assert.ok(members instanceof Set && map === adapter.rooms && typeof room === 'string');
    pairs += members.size;
  });
  assert.equal(pairs, 6);
  b.socket.leave('r');
  b.socket.leave('r');
  a.socket.leave('r');
  assert.equal(adapter.rooms.has('r'), false);
  const gone = next(b.socket, 'disconnect');
  b.client.disconnect();
  await gone;
  assert.equal(adapter.rooms.has('s'), false);
  assert.equal(adapter.sids.has(b.socket.id), false);
  assert.equal(b.socket.rooms.size, 0);
});

parity('namespace.sockets is a map of the connected sockets', async (world) => {
  const { io, a, b, c } = await three(world);
  const { sockets } = io.of('/');
  assert.ok(sockets instanceof Map);
  assert.equal(sockets.size, 3);
  assert.deepEqual([...sockets.keys()].sort(), [a, b, c].map((p) => p.socket.id).sort());
  assert.ok(sockets.has(a.socket.id));
  assert.ok(!sockets.has('nobody'));
  assert.equal(sockets.get('nobody'), undefined);
  assert.deepEqual(new Set(sockets.values()), new Set([a.socket, b.socket, c.socket]));
  const gone = next(a.socket, 'disconnect');
  a.client.disconnect();
  await gone;
  assert.equal(sockets.size, 2);
  assert.ok(!sockets.has(a.socket.id));
});

parity('adapters tell of rooms', async (world) => {
  const server = await world.serve();
  const { adapter } = server.io.of('/');
  const seen = [];
  for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
    adapter.on(event, (room, id) => seen.push([event, room, id]));
  }
  const { socket, client } = await world.pair(server);
  const { id } = socket;
  assert.deepEqual(seen.splice(0), [
    ['create-room', id, undefined],
    ['join-room', id, id],
  ]);
  socket.join('r');
  socket.join('r');
  socket.leave('r');
  assert.deepEqual(seen.splice(0), [
    ['create-room', 'r', undefined],
    ['join-room', 'r', id],
    ['leave-room', 'r', id],
    ['delete-room', 'r', undefined],
  ]);
  const gone = next(socket, 'disconnect');
  client.disconnect();
  await gone;
  assert.deepEqual(seen, [
    ['leave-room', id, id],
    ['delete-room', id, undefined],
  ]);
});

parity('fetchSockets, allSockets and the methods on many sockets', async (world) => {
  const { io, a, b, c, heard } = await three(world);
  a.socket.data.name = 'a';
  a.socket.join('r');
  b.socket.join('r');
  const all = await io.fetchSockets();
  assert.equal(all.length, 3);
  const [found] = await io.in('r').except(b.socket.id).fetchSockets();
  assert.equal(found.id, a.socket.id);
  assert.equal(found.data.name, 'a');
  assert.deepEqual(found.handshake, a.socket.handshake);
  assert.deepEqual([...found.rooms], [...a.socket.rooms]);
  assert.deepEqual(await io.in('r').allSockets(), new Set([a.socket.id, b.socket.id]));
  assert.equal((await io.allSockets()).size, 3);

  io.in('r').socketsJoin(['s', 't']);
  c.socket.broadcast.socketsJoin('u');
  assert.ok(a.socket.rooms.has('s') && b.socket.rooms.has('t') && !c.socket.rooms.has('s'));
  assert.ok(a.socket.rooms.has('u') && !c.socket.rooms.has('u'));
  io.in('s').socketsLeave(['s', 'u']);
  assert.ok(!a.socket.rooms.has('s') && !a.socket.rooms.has('u') && a.socket.rooms.has('t'));
  found.join('v');
  assert.ok(a.socket.rooms.has('v'));
  found.leave('v');
  const got = await heard(() => found.emit('e', 'only a'));
  assert.deepEqual(got, [['only a'], [], []]);

  const left = Promise.all([next(a.client, 'disconnect'), next(b.client, 'disconnect')]);
  io.in('t').disconnectSockets();
  assert.deepEqual(
    (await left).map(([reason]) => reason),
    ['io server disconnect', 'io server disconnect'],
  );
  const closed = next(c.client, 'disconnect');
  io.disconnectSockets(true);
  assert.equal((await closed)[0], 'io server disconnect');
});

parity('broadcasts collect acknowledgements', async (world) => {
  const { io, a, b, c } = await three(world);
  a.client.on('ask', (answer) => answer('a'));
  b.client.on('ask', (answer) => answer('b'));
  c.client.on('ask', () => {});
  const two = io.to(a.socket.id).to(b.socket.id);
  assert.deepEqual((await two.timeout(5000).emitWithAck('ask')).sort(), ['a', 'b']);
  const [error, answers] = await new Promise((resolve) =>
    two.timeout(5000).emit('ask', (...args) => resolve(args)),
  );
  assert.equal(error, null);
  assert.deepEqual(answers.sort(), ['a', 'b']);
  await assert.rejects(io.timeout(200).emitWithAck('ask'), (late) => {
    assert.equal(late.message, 'operation has timed out');
    assert.deepEqual(late.responses.sort(), ['a', 'b']);
    return true;
  });
  assert.deepEqual(await io.to('nobody').timeout(1000).emitWithAck('ask'), []);
  const answer = await a.socket.to(b.socket.id).timeout(5000).emitWithAck('ask');
  assert.deepEqual(answer, ['b']);
});

parity('serverSideEmit is for other servers', async (world) => {
  const { io } = await world.serve();
  const warn = console.warn; // the in-memory adapter only warns
  const lines = [];
  console.warn = (line) => lines.push(line);
  try {
    io.on('hi', () => assert.fail('not for this server'));
    assert.equal(io.serverSideEmit('hi'), true);
  } finally {
    console.warn = warn;
  }
  assert.match(lines[0], /does not support the serverSideEmit/);
});
