// What clients begin and do not finish takes bounded memory, all of them together, and does not keep the room for good.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  after,
  connected,
  Engine,
  engineOptions,
  frame,
  poller,
  RawClient,
  requestHead,
  serve,
  until,
  WEBSOCKET,
} from './support.mjs';

const timeout = 60_000;
const maxPendingBytes = 1024 * 1024;
const TRY_AGAIN_LATER = 1013;

const placeholders = (count) =>
  Array.from({ length: count }, (_, num) => JSON.stringify({ _placeholder: true, num })).join();

/** Messages of 300 kB that begin and do not go on. */
const UNFINISHED = {
  'a frame': (raw) => raw.write(frame('x'.repeat(900_000)).subarray(0, 300_000)),
  'a fragmented message': (raw) => raw.send('4'.repeat(300_000), { fin: false }),
  'a packet whose attachments are not all there': (raw) => {
    raw.send(`453-["x",${placeholders(3)}]`);
    for (let i = 0; i < 2; i++) raw.send(Buffer.alloc(150_000), { opcode: 2 });
  },
};

for (const [what, begin] of Object.entries(UNFINISHED)) {
  test(`clients that do not go on with ${what} are let go`, { timeout }, async (t) => {
    const { io, port, url, log } = await serve(t, { maxPendingBytes });
    io.on('connection', (socket) => socket.on('size', (data, done) => done(data.length)));
    const begun = [];
    for (let i = 0; i < 5; i++) {
      begun.push(await RawClient.joined(t, port));
      begin(begun[i]);
    }
    await Promise.race(begun.map((raw) => raw.end()));
    assert.ok(begun.filter((raw) => raw.ended).every((raw) => raw.closeCode === TRY_AGAIN_LATER));
    assert.match(log.join('\n'), /too many large messages are under way/);
    // Told to try again later at worst, as long as the last of them holds the room.
    const sizeOf = async (data) => {
      const one = await connected(t, url);
      return one.emitWithAck('size', data).catch(() => sizeOf(data));
    };
    for (const data of [Buffer.alloc(500_000), 'x'.repeat(500_000)]) {
      assert.equal(await sizeOf(data), 500_000);
    }
  });
}

test('one that goes on slowly is not, while there is room', { timeout }, async (t) => {
  const { io, port } = await serve(t, { maxPendingBytes });
  const sizes = [];
  io.on('connection', (socket) => socket.on('x', (...args) => sizes.push(args.length)));
  const raw = await RawClient.joined(t, port);
  raw.send(`453-["x",${placeholders(3)}]`);
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2500));
    raw.send(Buffer.alloc(200_000), { opcode: 2 });
  }
  raw.send('42["x"]');
  await until(() => sizes.length === 2);
  assert.deepEqual(sizes, [3, 0]);
});

test('a WebSocket that has not proved itself holds no message', { timeout }, async (t) => {
  const { port } = await serve(t, { upgradeTimeout: 10 * timeout });
  const session = await poller(port);
  const raw = new RawClient(port, { path: `${WEBSOCKET}&sid=${session.sid}` });
  after(t, () => raw.destroy());
  raw.write(frame('x'.repeat(900_000)).subarray(0, 100_000));
  await raw.end();
  assert.equal((await session.post('40')).status, 200, 'the session goes on');
});

test(
  'posts beyond what may wait for JavaScript are refused, small ones are not',
  { timeout },
  async (t) => {
    const engine = new Engine(engineOptions({ maxPendingBytes }), () => {});
    after(t, () => engine.close());
    const post = async (bytes) => {
      const { id } = await engine.handle(requestHead(), null, null, true);
      const head = requestHead({ sid: id, method: 'POST' });
      const { status } = await engine.handle(head, Buffer.alloc(bytes, '4'), null, false);
      return [id, status];
    };
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await post(600_000))[1]);
    assert.deepEqual(statuses, [200, 200, 503, 503, 503]);
    assert.equal((await post(1000))[1], 200);
    while (engine.drain(100, 1e9).length > 0);
    assert.equal((await post(600_000))[1], 200);
  },
);
