// Other clients and parsers: Engine.IO 3, msgpack.
import assert from 'node:assert/strict';
import connectV2 from 'socket.io-client-v2';
import * as msgpack from 'socket.io-msgpack-parser';
import { next, parity, parityOnTransports } from './support.mjs';

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  parity(`socket.io-client 2.x with allowEIO3 (${transports.join(' to ')})`, async (world) => {
    const { io, url } = await world.serve({ allowEIO3: true });
    const connection = next(io, 'connection');
    const client = connectV2(url, { forceNew: true, reconnection: false, transports });
    world.onClose(() => client.close());
    const [[socket]] = await Promise.all([connection, next(client, 'connect')]);
    assert.equal(socket.conn.protocol, 3);
    assert.equal(socket.id, socket.client.id);
    socket.on('ask', (value, bytes, answer) => answer(value, Buffer.from(bytes)));
    const answer = await new Promise((resolve) =>
      client.emit('ask', 'ünï', Buffer.from([1, 2, 3]), (...args) => resolve(args)),
    );
    assert.equal(answer[0], 'ünï');
    assert.deepEqual([...new Uint8Array(answer[1])], [1, 2, 3]);
    const heard = next(client, 'all');
    io.emit('all', 1, Buffer.from('b'));
    assert.equal(Buffer.from((await heard)[1]).toString(), 'b');
    const gone = next(socket, 'disconnect');
    client.close();
    assert.match((await gone)[0], /^(client namespace disconnect|transport close)$/);
  });
}

parity('2.x clients join namespaces with a query and see middleware errors', async (world) => {
  const { io, url } = await world.serve({ allowEIO3: true });
  io.of('/chat').use((socket, go) =>
    go(socket.handshake.auth.token === 't' ? undefined : new Error('no token')),
  );
  const good = connectV2(`${url}/chat?token=t`, { forceNew: true, transports: ['websocket'] });
  const bad = connectV2(`${url}/chat?token=x`, { forceNew: true, transports: ['websocket'] });
  world.onClose(() => [good.close(), bad.close()]);
  const [, [error]] = await Promise.all([next(good, 'connect'), next(bad, 'error')]);
  assert.equal(error, 'no token');
});

parityOnTransports('the msgpack parser', async (world) => {
  const server = await world.serve({ parser: msgpack });
  const { client, socket } = await world.pair(server, '/', { parser: msgpack });
  const answer = new Promise((resolve) => socket.on('ask', (v, a) => a(v) || resolve(v)));
  const echoed = await client.emitWithAck('ask', { big: 2 ** 40, bytes: Buffer.from([9]) });
  assert.equal((await answer).big, 2 ** 40);
  assert.deepEqual([...echoed.bytes], [9]);
  const heard = next(client, 'all');
  server.io.emit('all', [Buffer.from('x')]);
  assert.equal(Buffer.from((await heard)[0][0]).toString(), 'x');
});
