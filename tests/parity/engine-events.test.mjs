// The events of a connection and of its transports, for those who listen to the engine itself.
import assert from 'node:assert/strict';
import connectV2 from 'socket.io-client-v2';
import { joined, next, parity, take } from './support.mjs';

const quick = { pingInterval: 50, pingTimeout: 5_000 };

/** A connection, from before its client has joined a namespace. */
async function opening(world, options, transports = ['websocket']) {
  const { io, url } = await world.serve(options);
  const connection = next(io.engine, 'connection');
  const client = world.client(url, { transports });
  const [conn] = await connection;
  return { io, client, conn };
}

parity('pings and pongs are packets like any other, and make the heartbeat', async (world) => {
  const { io, conn } = await opening(world, quick);
  const seen = [];
  conn.on('packet', ({ type }) => seen.push(`in: ${type}`));
  conn.on('packetCreate', ({ type, data }) => type === 'ping' && seen.push(`out: ${type} ${data}`));
  conn.on('heartbeat', () => seen.push('heartbeat'));
  await next(io, 'connection');
  await take(conn, 'heartbeat', 2);
  const beat = ['out: ping undefined', 'in: pong', 'heartbeat'];
  assert.deepEqual(seen, ['in: message', ...beat, ...beat]);
});

parity('up to protocol 3 it is the client who pings', async (world) => {
  const { io, url } = await world.serve({ ...quick, allowEIO3: true });
  const connection = next(io.engine, 'connection');
  const client = connectV2(url, { forceNew: true, transports: ['websocket'] });
  world.onClose(() => client.close());
  const [conn] = await connection;
  const seen = [];
  conn.on('packet', ({ type }) => seen.push(`in: ${type}`));
  conn.on('packetCreate', ({ type }) => type === 'pong' && seen.push(`out: ${type}`));
  conn.on('heartbeat', () => seen.push('heartbeat'));
  await take(conn, 'heartbeat', 2);
  const beat = ['in: ping', 'out: pong', 'heartbeat'];
  assert.deepEqual(seen, [...beat, ...beat]);
});

parity('a heartbeat can be listened to alone', async (world) => {
  const { conn } = await opening(world, quick);
  await take(conn, 'heartbeat', 2);
});

parity('flush tells what leaves, drain that it has left', async (world) => {
  const { io, conn } = await opening(world);
  const told = [];
  conn.on('flush', (packets) => told.push(['flush', ...packets.map(({ data }) => data)]));
  conn.on('drain', () => told.push(['drain']));
  io.engine.on('flush', (of, packets) => {
    assert.equal(of, conn);
    told.push(['flush of io.engine', ...packets.map(({ data }) => data)]);
  });
  /** What is told of the next packets, from flush to drain; the handshake's own drain may come before. */
  const round = () =>
    new Promise((resolve) => {
      const onDrain = (of) => {
        const start = told.findIndex(([what]) => what === 'flush');
        if (start < 0) return;
        io.engine.off('drain', onDrain);
        resolve([of, ...told.splice(0).slice(start)]);
      };
      io.engine.on('drain', onDrain);
    });
  const wholly = (data) => [conn, ['flush', data], ['flush of io.engine', data], ['drain']];
  const connected = round();
  const [socket] = await next(io, 'connection');
  assert.deepEqual(await connected, wholly(`0{"sid":"${socket.id}"}`));
  for (const send of [() => socket.emit('a'), () => io.emit('a')]) {
    const sent = round();
    send();
    assert.deepEqual(await sent, wholly('2["a"]'));
  }
});

for (const listen of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener']) {
  parity(
    `io.engine tells of what connections drain which were there before (${listen})`,
    async (world) => {
      const server = await world.serve();
      const { client } = await world.pair(server);
      const drained = new Promise((resolve) => server.io.engine[listen]('drain', resolve));
      const heard = next(client, 'a');
      server.io.emit('a');
      await heard;
      assert.equal((await drained).id, client.io.engine.id);
    },
  );
}

parity('an upgrade is announced, and changes the transport', async (world) => {
  const { client, conn } = await opening(world, {}, ['polling', 'websocket']);
  const polling = conn.transport;
  assert.equal(polling.name, 'polling');
  const seen = [];
  polling.on('close', () => seen.push('polling closed'));
  conn.on('upgrading', (transport) => {
    assert.equal(conn.transport, polling);
    seen.push(['upgrading', transport.name]);
  });
  const [websocket] = await next(conn, 'upgrade');
  assert.equal(conn.transport, websocket);
  assert.deepEqual(seen.sort(), ['polling closed', ['upgrading', 'websocket']].sort());
  assert.deepEqual([polling.writable, polling.readyState], [false, 'closed']);
  const ends = Promise.all([next(websocket, 'close'), next(conn, 'close')]);
  await joined(client);
  client.io.engine.close();
  await ends;
});

parity('the transport of polls tells of the headers of each answer', async (world) => {
  const { client, conn } = await opening(world, {}, ['polling']);
  const [headers, req] = await next(conn.transport, 'headers');
  assert.equal(typeof headers['Content-Type'], 'string');
  assert.equal(req._query.transport, 'polling');
  await joined(client);
});

parity('volatile packets which are dropped are not told of', async (world) => {
  const { io, conn } = await opening(world, {}, ['polling']);
  const [socket] = await next(io, 'connection');
  const sent = [];
  conn.on('packetCreate', ({ data }) => sent.push(data));
  while (conn.transport.writable) {
    const drained = next(conn, 'drain');
    socket.emit('fills the poll');
    await drained;
  }
  const before = sent.length;
  socket.volatile.emit('dropped');
  assert.equal(sent.length, before);
});
