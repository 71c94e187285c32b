// Whatever a client sends: the documented answer for it, and a server that lives on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import {
  POLLING,
  RawClient,
  WEBSOCKET,
  after,
  assertAlive,
  frame,
  http,
  next,
  poller,
  serve,
  until,
} from './support.mjs';

const timeout = 20_000;

const MESSAGES = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  5: 'Unsupported protocol version',
};

for (const [what, path, request, code] of [
  ['an unknown transport', '/socket.io/?EIO=4&transport=telepathy', {}, 0],
  ['no transport', '/socket.io/?EIO=4', {}, 0],
  ['the name of a property as transport', '/socket.io/?EIO=4&transport=__proto__', {}, 0],
  ['two transports', '/socket.io/?EIO=4&transport=a&transport=b', {}, 0],
  ['an unknown session', `${POLLING}&sid=nobody`, {}, 1],
  ['a POST to an unknown session', `${POLLING}&sid=nobody`, { method: 'POST', body: '40' }, 1],
  ['a POST that opens a session', POLLING, { method: 'POST', body: '40' }, 2],
  ['a WebSocket handshake without upgrade', WEBSOCKET, {}, 3],
  ['an old client', '/socket.io/?EIO=3&transport=polling', {}, 5],
  ['a client without version', '/socket.io/?transport=polling', {}, 5],
]) {
  test(`${what} is refused as documented`, { timeout }, async (t) => {
    const server = await serve(t);
    const told = next(server.io.engine, 'connection_error');
    const { status, headers, body } = await http(server.port, path, request);
    assert.equal(status, 400);
    assert.match(headers['content-type'], /^application\/json/);
    assert.deepEqual(JSON.parse(body), { code, message: MESSAGES[code] });
    const [error] = await told;
    assert.deepEqual([error.code, error.message], [code, MESSAGES[code]]);
    assert.equal(server.io.engine.clientsCount, 0);
    await assertAlive(t, server);
  });
}

for (const [what, headers, code, path = WEBSOCKET] of [
  ['a foreign protocol', { Upgrade: 'h2c' }, 3],
  ['no key', { 'Sec-WebSocket-Key': undefined }, 3],
  ['a key of the wrong length', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 3],
  ['a key that is no base64', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!!!' }, 3],
  ['no version', { 'Sec-WebSocket-Version': undefined }, 3],
  ['a wrong version', { 'Sec-WebSocket-Version': '12' }, 3],
  ['another transport', {}, 3, POLLING],
  ['an unknown session', {}, 1, `${WEBSOCKET}&sid=nobody`],
  ['an unknown transport', {}, 0, '/socket.io/?EIO=4&transport=x'],
  ['an old protocol', {}, 5, '/socket.io/?EIO=3&transport=websocket'],
]) {
  test(`an upgrade with ${what} is refused as documented`, { timeout }, async (t) => {
    const server = await serve(t);
    const raw = new RawClient(server.port, { headers, path });
    after(t, () => raw.destroy());
    await raw.end();
    const [head, body] = raw.answer.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(head, /\r\nContent-Type: application\/json/);
    assert.deepEqual(JSON.parse(body), { code, message: MESSAGES[code] });
    await assertAlive(t, server);
  });
}

test('what is no HTTP at all does not reach us and harms nobody', { timeout }, async (t) => {
  const server = await serve(t);
  const socket = net.connect(server.port, '127.0.0.1').resume();
  socket.on('error', () => {});
  socket.write(Buffer.from([0x16, 0x03, 0x01, 0, 0xff, 0, 1, 2, 3]));
  await once(socket, 'close');
  await assertAlive(t, server);
});

test('a request whose URL is none is refused', { timeout }, async (t) => {
  const server = await serve(t);
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write(
    'GET /socket.io/?EIO=4&transport=polling&x=%zz HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 (200|400) /);
  socket.destroy();
  await assertAlive(t, server);
});

test('a body over the limit is refused, whether announced or not', { timeout }, async (t) => {
  const server = await serve(t, { maxHttpBufferSize: 1000 });
  const announced = await poller(server.port);
  assert.equal((await announced.post('4'.repeat(1001))).status, 413);
  const chunked = await poller(server.port);
  const answer = await chunked.post('4'.repeat(1001), { 'Transfer-Encoding': 'chunked' });
  assert.equal(answer.status, 413);
  const fits = await poller(server.port);
  assert.equal((await fits.post(`40${' '.repeat(998)}`)).status, 200);
  await assertAlive(t, server);
});

test('a message over the limit ends its WebSocket with 1009', { timeout }, async (t) => {
  const server = await serve(t, { maxHttpBufferSize: 1000 });
  const reasons = [];
  server.io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
  const whole = await RawClient.joined(t, server.port);
  whole.send('4'.repeat(1001));
  const parts = await RawClient.joined(t, server.port);
  parts.send('4'.repeat(600), { fin: false });
  parts.send('4'.repeat(600), { opcode: 0 });
  for (const raw of [whole, parts]) {
    await raw.end();
    assert.equal(raw.closeCode, 1009);
  }
  await until(() => reasons.length === 2);
  assert.deepEqual(reasons, ['transport error', 'transport error']);
  const fits = await RawClient.joined(t, server.port);
  fits.send(`42["${'x'.repeat(994)}"]`);
  fits.send('', { opcode: 9 });
  assert.equal(await fits.next(), '', 'the pong');
  await assertAlive(t, server);
});

for (const [what, bytes, code] of [
  ['unmasked', frame('40', { mask: false }), 1002],
  ['with a reserved bit', frame('40', { rsv: 4 }), 1002],
  ['with a reserved opcode', frame('40', { opcode: 3 }), 1002],
  ['that continues nothing', frame('40', { opcode: 0 }), 1002],
  ['that fragments a ping', frame('x', { opcode: 9, fin: false }), 1002],
  ['with half a close code', frame([3], { opcode: 8 }), 1002],
  ['with a forbidden close code', frame([3, 0xed], { opcode: 8 }), 1002],
  ['of text which is no UTF-8', frame([0x34, 0xff]), 1007],
]) {
  test(`a frame ${what} ends its connection with ${code}`, { timeout }, async (t) => {
    const server = await serve(t);
    const disconnected = new Promise((resolve) =>
      server.io.on('connection', (socket) => socket.on('disconnect', resolve)),
    );
    const raw = await RawClient.joined(t, server.port);
    raw.write(bytes);
    await raw.end();
    assert.equal(raw.closeCode, code);
    assert.equal(await disconnected, 'transport error');
    await assertAlive(t, server);
  });
}

test('overlapping polls and overlapping posts end their session', { timeout }, async (t) => {
  const server = await serve(t);
  const session = await poller(server.port);
  const answers = await Promise.all([session.get(), session.get()]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  assert.equal(answers.find(({ status }) => status === 200).body, '1');
  assert.equal((await session.get()).status, 400);
  await until(() => server.io.engine.clientsCount === 0);
  await assertAlive(t, server);
});

// Each for a server which answers natively, and for one where JavaScript decodes.
for (const listener of [false, true]) {
  const where = listener ? 'with JavaScript' : 'natively';
  for (const [what, ...messages] of [
    ['no engine.io packet', 'x'],
    ['an empty message', ''],
    ['a ping from the client', '2'],
    ['no socket.io packet', '4x'],
    ['an unknown packet type', '49'],
    ['an event before CONNECT', '42["early"]'],
    ['a DISCONNECT before CONNECT', '41'],
    ['an unfinished event', '40', '42["x"'],
    ['an event without name', '40', '42[]'],
    ['an event named by an object', '40', '42[{}]'],
    ['a reserved event', '40', '42["disconnecting"]'],
    ['an event for a namespace not joined', '40', '42/other,["x"]'],
    ['more attachments than allowed', '40', '451001-["x"]'],
    ['attachments which are no number', '40', '45x-["x"]'],
    ['binary without announcement', '40', Buffer.from([1])],
    ['text where an attachment is due', '40', '451-["x",{"_placeholder":true,"num":0}]', '42["y"]'],
    ['CONNECT with an array', '40[]'],
    ['an ack which is no array', '40', '431{}'],
  ]) {
    test(`${what} ends its connection (${where})`, { timeout }, async (t) => {
      const server = await serve(t);
      const disconnected = [];
      if (listener) {
        server.io.on('connection', (socket) =>
          socket.on('disconnect', (why) => disconnected.push(why)),
        );
      }
      const raw = await RawClient.open(t, server.port);
      for (const message of messages) {
        raw.send(message, { opcode: typeof message === 'string' ? 1 : 2 });
        if (message === '40') assert.match(await raw.next(), /^40/);
      }
      await until(() => server.io.engine.clientsCount === 0);
      raw.write(frame('', { opcode: 8 }));
      await raw.end();
      if (listener) assert.equal(disconnected.length, messages[0] === '40' ? 1 : 0);
      await assertAlive(t, server);
      assert.deepEqual(
        server.log.filter((line) => line.startsWith('error')),
        [],
      );
    });
  }

  test(
    `a namespace which does not exist is refused, and the connection goes on (${where})`,
    { timeout },
    async (t) => {
      const { io, port } = await serve(t);
      if (listener) io.on('connection', () => {});
      const raw = await RawClient.open(t, port);
      raw.send('40/nowhere,');
      assert.equal(await raw.next(), '44/nowhere,{"message":"Invalid namespace"}');
      raw.send('40/__proto__,');
      assert.equal(await raw.next(), '44/__proto__,{"message":"Invalid namespace"}');
      raw.send('40');
      assert.match(await raw.next(), /^40\{"sid"/);
    },
  );

  test(`a polling body which is none ends its session (${where})`, { timeout }, async (t) => {
    const server = await serve(t);
    if (listener) server.io.on('connection', () => {});
    for (const body of ['x', '', '\x1e', '40\x1e\x1e', 'b!!!', Buffer.from([0x34, 0xff, 0xfe])]) {
      const session = await poller(server.port);
      const { status } = await session.post(body);
      assert.ok(status === 200 || status === 400, `${status} for ${body}`);
    }
    const binary = await poller(server.port);
    const type = { 'Content-Type': 'application/octet-stream' };
    assert.equal((await binary.post('40', type)).status, 400);
    assert.equal((await binary.get()).status, 400);
    await assertAlive(t, server);
  });
}
