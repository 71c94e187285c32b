// Whatever another node, or whoever can write to the same Redis, sends: servers drop it, count it and go on.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import notepack from 'notepack.io';
import { adapters, clients, missing } from './adapters.mjs';
import { next, ours } from './support.mjs';

const skip = await missing();
const TIMEOUT = 120_000;
const MIB = 1024 * 1024;

const opts = { rooms: ['nobody is here'], except: ['r'], flags: {} };
const packet = { type: 2, nsp: '/', data: ['stray', 1] };
const details = { id: 'x', handshake: { headers: {}, query: {} }, rooms: ['x'], data: {} };

/** One of each message of `@socket.io/redis-adapter`, all well-formed. */
const requests = [
  { type: 0, uid: 'u', requestId: 'q', rooms: ['nobody is here'] },
  { type: 1, uid: 'u', requestId: 'q' },
  { type: 2, uid: 'u', requestId: 'q', sid: 'nobody', room: 'a' },
  { type: 2, uid: 'u', opts, rooms: ['a'] },
  { type: 3, uid: 'u', requestId: 'q', sid: 'nobody', room: 'a' },
  { type: 3, uid: 'u', opts, rooms: ['a'] },
  { type: 4, uid: 'u', requestId: 'q', sid: 'nobody', close: true },
  { type: 4, uid: 'u', opts, close: true },
  { type: 5, uid: 'u', requestId: 'q', opts },
  { type: 6, uid: 'u', requestId: 'q', data: ['stray', 1] },
  { type: 6, uid: 'u', data: ['connection', { id: 'forged', nsp: {}, handshake: {} }] },
  { type: 6, uid: 'u', data: ['new_namespace', {}] },
  { type: 7, uid: 'u', requestId: 'q', packet, opts },
  { type: 8, requestId: 'q', clientCount: 1 },
  { type: 9, requestId: 'q', packet: [1] },
  { type: 99, requestId: 'q' },
];
const answers = [
  { requestId: 'q', sockets: [details] },
  { requestId: 'q', sockets: ['x'] },
  { requestId: 'q', rooms: ['x'] },
  { type: 6, requestId: 'q', data: 1 },
  { type: 8, requestId: 'q', clientCount: 1 },
  { type: 9, requestId: 'q', packet: [1] },
];
const broadcasts = [['u', packet, opts]];

/** One of each message of the adapters that descend from `ClusterAdapter`. */
const messages = [
  { type: 1 },
  { type: 2 },
  { type: 13 },
  { type: 3, data: { packet, opts } },
  { type: 3, data: { packet, opts, requestId: 'q' } },
  { type: 4, data: { opts, rooms: ['a'] } },
  { type: 5, data: { opts, rooms: ['a'] } },
  { type: 6, data: { opts, close: true } },
  { type: 7, data: { opts, requestId: 'q' } },
  { type: 8, data: { requestId: 'q', sockets: [details] } },
  { type: 9, data: { packet: ['stray', 1] } },
  { type: 9, data: { packet: ['connection', { id: 'forged' }] } },
  { type: 9, data: { packet: ['stray'], requestId: 'q' } },
  { type: 10, data: { requestId: 'q', packet: [1] } },
  { type: 11, data: { requestId: 'q', clientCount: 1 } },
  { type: 12, data: { requestId: 'q', packet: [1] } },
].map((message) => ({ uid: 'someone', nsp: '/', ...message }));

const nested = (depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const STRANGE = [
  null,
  0,
  -1,
  1.5,
  1e300,
  '',
  'x'.repeat(3000),
  [],
  {},
  true,
  [null],
  [{}],
  nested(50),
];
/** An empty list of rooms means everybody, which is well-formed. */
const RELABELLED = (path, value) =>
  /rooms|except$/.test(path.at(-1)) && Array.isArray(value) && value.length === 0;

const paths = (value, at = []) =>
  typeof value !== 'object' || value === null
    ? [at]
    : [
        ...(at.length === 0 ? [] : [at]),
        ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key])),
      ];

/** The message with each of its fields left out, and with each of its fields replaced by each strange value. */
function* mutations(message) {
  for (const path of paths(message)) {
    const change = (apply) => {
      const copy = structuredClone(message);
      const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
      apply(parent, path.at(-1));
      return copy;
    };
    yield change((parent, key) => delete parent[key]);
    for (const strange of STRANGE) {
      if (!RELABELLED(path, strange)) yield change((parent, key) => (parent[key] = strange));
    }
  }
  for (const strange of STRANGE) yield strange;
}

const mutated = (all) => all.flatMap((message) => [...mutations(message)]);
const json = (value) => Buffer.from(JSON.stringify(value));
const packed = (value) => Buffer.from(notepack.encode(value));

/** Bytes that cost a decoder far more than they are long. */
const bombs = () => [
  // sixteen lists in each other, of thirty million entries each
  Buffer.concat(Array.from({ length: 16 }, () => Buffer.from('dd01c9c380', 'hex'))),
  Buffer.from('dfffffffff', 'hex'),
  Buffer.from('c9ffffffff00', 'hex'),
  Buffer.from('c6ffffffff', 'hex'),
  Buffer.alloc(2 * MIB, 0x91),
  Buffer.from('['.repeat(2 * MIB)),
  Buffer.from(`{"type":6,"data":${'['.repeat(4 * MIB)}`),
  Buffer.from(`{"type":6,"data":[${'{},'.repeat(5 * MIB)}{}]}`),
  Buffer.alloc(20 * MIB, 'x'),
  Buffer.alloc(0),
  Buffer.from('{'),
  Buffer.from('null'),
  Buffer.from('{"__proto__":{"type":4}}'),
  ...Array.from({ length: 300 }, (_, i) => randomBytes(1 + (i % 60))),
];

/** Two of our servers with the same adapter, each with a client in room `r`. */
async function pairOf(world, make) {
  const key = `foreign-${process.pid}-${Math.random()}`;
  const nodes = [];
  for (let i = 0; i < 2; i += 1) {
    const node = await world.serve({ adapter: await make(world, key) });
    Object.assign(node, await world.pair(node), { strays: [] });
    node.socket.join('r');
    node.client.on('disconnect', (reason) => node.strays.push(`disconnected: ${reason}`));
    node.io.on('connection', () => node.strays.push('a connection'));
    node.io.on('new_namespace', () => node.strays.push('a namespace'));
    node.io.on('question', (answer) => answer('here'));
    nodes.push(node);
  }
  await works(nodes);
  return { nodes, key };
}

async function until(what, holds) {
  for (const end = Date.now() + 30_000; !(await holds());) {
    assert.ok(Date.now() < end, `it did not come to hold: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Both nodes reach the clients of both, and know and ask each other. */
async function works(nodes) {
  const [near, far] = nodes;
  await until('the nodes see each other', async () => {
    const all = await near.io
      .in('r')
      .fetchSockets()
      .catch(() => []);
    return all.length === 2;
  });
  for (const { io } of nodes) {
    const heard = Promise.all(nodes.map(({ client }) => next(client, 'works')));
    io.emit('works', 1);
    await heard;
    assert.equal((await io.in('r').fetchSockets()).length, 2);
    assert.deepEqual(await io.serverSideEmitWithAck('question'), ['here']);
  }
  assert.deepEqual(far.strays, []);
  assert.deepEqual(near.strays, []);
  for (const { socket } of nodes)
    assert.deepEqual([...socket.rooms].sort(), [socket.id, 'r'].sort());
}

const dropped = (nodes) => nodes.map(({ io }) => io.droppedMessages);

for (const name of ['redis-adapter on redis', 'redis-adapter on ioredis']) {
  ours(
    `${name}: malformed messages on every channel are dropped and counted`,
    async (world) => {
      const { nodes, key } = await pairOf(world, adapters[name]);
      const attacker = await clients.redis(world);
      const send = (channel, bytes) => attacker.publish(channel, bytes);
      const channels = {
        request: `${key}-request#/#`,
        answer: `${key}-response#/#`,
        room: `${key}#/#`,
      };

      // What ended both nodes: requests without their fields.
      await send(channels.request, '{"type":6}');
      await send(channels.request, '{"type":5,"requestId":"q"}');
      await until('both have dropped both', () => dropped(nodes).every((count) => count === 2));

      let sent = 0;
      for (const message of [...requests, ...mutated(requests)]) {
        await Promise.all([
          send(channels.request, json(message)),
          send(channels.request, packed(message)),
        ]);
        sent += 2;
      }
      await works(nodes);
      for (const message of [...answers, ...mutated(answers)]) {
        await send(channels.answer, json(message));
        await send(`${channels.answer}somebody#`, packed(message));
        sent += 2;
      }
      for (const message of mutated(broadcasts)) {
        await send(channels.room, packed(message));
        await send(`${channels.room}r#`, packed(message));
        await send(channels.room, json(message));
        sent += 3;
      }
      await works(nodes);
      const counts = dropped(nodes);
      assert.ok(
        counts.every((count) => count > sent / 4),
        `${counts} of ${sent}`,
      );
      // The log does not grow with them.
      assert.ok(world.reports.length < 30, `${world.reports.length} lines`);
      assert.match(
        world.reports[0],
        /a message of another node was dropped in namespace \/: data is not/,
      );
    },
    { skip: skip(name), timeout: TIMEOUT },
  );

  ours(
    `${name}: emitters of other languages are heard`,
    async (world) => {
      const { nodes, key } = await pairOf(world, adapters[name]);
      const heard = Promise.all(nodes.map(({ client }) => next(client, 'php')));
      // PHP packs an empty map as an empty list.
      const message = ['emitter', { ...packet, data: ['php'] }, { rooms: ['r'], flags: [] }];
      await (await clients.redis(world)).publish(`${key}#/#`, packed(message));
      await heard;
      assert.deepEqual(dropped(nodes), [0, 0]);
    },
    { skip: skip(name), timeout: TIMEOUT },
  );

  ours(
    `${name}: a few bytes cost no memory, whichever channel they come on`,
    async (world) => {
      const { nodes, key } = await pairOf(world, adapters[name]);
      const attacker = await clients.redis(world);
      for (const bytes of bombs()) {
        for (const channel of [
          `${key}#/#`,
          `${key}#/#r#`,
          `${key}-request#/#`,
          `${key}-response#/#`,
        ]) {
          await attacker.publish(channel, bytes);
        }
      }
      await works(nodes);
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      assert.ok(heapUsed + arrayBuffers < 1500 * MIB, `${(heapUsed + arrayBuffers) / MIB} MiB`);
    },
    { skip: skip(name), timeout: TIMEOUT },
  );
}

/** How a message gets into each of the other adapters, from without. */
const doors = {
  async 'sharded redis-adapter'(world, key) {
    const client = await clients.redis(world);
    return async (message) => {
      for (const channel of [`${key}#/#`, `${key}#/#r#`]) {
        await client.sPublish(channel, json(message));
        await client.sPublish(channel, packed(message));
      }
    };
  },
  async 'redis-streams-adapter'(world, key) {
    const client = await clients.redis(world);
    const text = (value) => (typeof value === 'string' ? value : String(JSON.stringify(value)));
    return async (message) => {
      const { uid, nsp, type, data } = message ?? {};
      const fields = { uid: text(uid), nsp: text(nsp), type: text(type), data: text(data) };
      await client.xAdd(key, '*', fields);
      await client.xAdd(key, '*', { ...fields, data: packed(data).toString('base64') });
      await client.publish('socket.io#/#', packed(message));
    };
  },
  async 'postgres-adapter'(world, key) {
    const table = `parity_${key.replace(/\W/g, '_')}`;
    const pool = await clients.postgres(world, table);
    return (message) =>
      pool.query('SELECT pg_notify($1, $2)', [`${table}#/`, JSON.stringify(message)]);
  },
};

for (const [name, open] of Object.entries(doors)) {
  ours(
    `${name}: malformed messages are dropped`,
    async (world) => {
      const { nodes, key } = await pairOf(world, adapters[name]);
      const send = await open(world, key);
      for (const message of [...messages, ...mutated(messages)]) await send(message);
      await works(nodes);
      assert.ok(
        dropped(nodes).every((count) => count > 100),
        String(dropped(nodes)),
      );
      assert.ok(world.reports.length < 30, world.reports.slice(0, 5).join('\n'));
    },
    { skip: skip(name), timeout: TIMEOUT },
  );
}
