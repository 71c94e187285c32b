// io.engine and HTTP: errors, headers, cookies, CORS, compression, options of the engine, static files.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import session from 'express-session';
import { joined, next, parity, parityOnTransports } from './support.mjs';

const open = '/socket.io/?EIO=4&transport=polling';

/** An HTTP request of which the raw answer is wanted; the path goes out as it is. */
function raw(port, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const req = request({ port, path, method, headers, host: '127.0.0.1' }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () =>
        resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) }),
      );
    });
    req.on('error', reject);
    req.end(body);
  });
}

async function handshake(port) {
  const { body } = await raw(port, open);
  return JSON.parse(body.toString().slice(1));
}

parity('bad requests get the documented answers and are told of', async (world) => {
  const { io, port } = await world.serve();
  const { sid } = await handshake(port);
  const cases = [
    ['/socket.io/?EIO=4&transport=nope', {}, 400, 0, 'Transport unknown'],
    ['/socket.io/?EIO=4', {}, 400, 0, 'Transport unknown'],
    ['/socket.io/?EIO=4&transport=constructor', {}, 400, 0, 'Transport unknown'],
    [`${open}&sid=unknown`, {}, 400, 1, 'Session ID unknown'],
    [`${open}&sid=__proto__`, {}, 400, 1, 'Session ID unknown'],
    [open, { method: 'POST', body: 'x' }, 400, 2, 'Bad handshake method'],
    ['/socket.io/?EIO=4&transport=websocket', {}, 400, 3, 'Bad request'],
    [`/socket.io/?EIO=4&transport=websocket&sid=${sid}`, {}, 400, 3, 'Bad request'],
    [`/socket.io/?EIO=3&transport=polling`, {}, 400, 5, 'Unsupported protocol version'],
  ];
  for (const [path, options, status, code, message] of cases) {
    const told = next(io.engine, 'connection_error');
    const answer = await raw(port, path, options);
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [status, { code, message }], path);
    assert.match(answer.headers['content-type'], /^application\/json/);
    const [error] = await told;
    assert.deepEqual([error.code, error.message], [code, message]);
    assert.equal(error.req.url, path);
    assert.equal(typeof (error.context ?? {}), 'object');
  }
  await handshake(port); // the server lives on
});

parity('connection_error says what was wrong', async (world) => {
  const { io, port } = await world.serve();
  const told = next(io.engine, 'connection_error');
  await raw(port, '/socket.io/?EIO=4&transport=tcp');
  assert.deepEqual((await told)[0].context, { transport: 'tcp' });
  const unknown = next(io.engine, 'connection_error');
  await raw(port, `${open}&sid=abc`);
  assert.deepEqual((await unknown)[0].context, { sid: 'abc' });
});

parity('the handshake says what was configured', async (world) => {
  const { port } = await world.serve({
    pingInterval: 1234,
    pingTimeout: 2345,
    maxHttpBufferSize: 3456,
  });
  const { headers, body } = await raw(port, open);
  const { sid, ...rest } = JSON.parse(body.toString().slice(1));
  assert.ok(sid.length >= 20);
  assert.deepEqual(rest, {
    upgrades: ['websocket'],
    pingInterval: 1234,
    pingTimeout: 2345,
    maxPayload: 3456,
  });
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
  assert.equal(headers['cache-control'], 'no-store');
});

parity('transports and allowUpgrades are obeyed', async (world) => {
  const only = await world.serve({ transports: ['websocket'] });
  assert.equal((await raw(only.port, open)).status, 400);
  await world.connected(only.url);
  const still = await world.serve({ allowUpgrades: false });
  assert.deepEqual((await handshake(still.port)).upgrades, []);
  const slow = await world.serve({ transports: ['polling'] });
  await world.connected(slow.url, { transports: ['polling', 'websocket'] });
});

parityOnTransports('allowRequest decides', async (world) => {
  const { url, port } = await world.serve({
    allowRequest: (req, decide) =>
      setImmediate(decide, 'go away', req._query.pass === 'yes' && req.method === 'GET'),
  });
  const refused = world.client(url);
  await next(refused, 'connect_error');
  await world.connected(url, { query: { pass: 'yes' } });
  const answer = await raw(port, open);
  assert.equal(answer.status, 403);
  assert.deepEqual(JSON.parse(answer.body), { code: 4, message: 'go away' });
});

parity('a body over the limit is refused', async (world) => {
  const { port } = await world.serve({ maxHttpBufferSize: 100 });
  const { sid } = await handshake(port);
  const body = `4${'x'.repeat(200)}`;
  const answer = await raw(port, `${open}&sid=${sid}`, { method: 'POST', body });
  assert.equal(answer.status, 413);
  await handshake(port);
});

parity('a message over the limit closes the connection', async (world) => {
  const { client, socket } = await world.pair(await world.serve({ maxHttpBufferSize: 100 }));
  const here = next(socket, 'disconnect');
  client.emit('e', 'x'.repeat(200));
  assert.match((await here)[0], /^transport (error|close)$/);
});

parity('polls work by hand', async (world) => {
  const { io, port } = await world.serve();
  const connection = next(io, 'connection');
  const { sid } = await handshake(port);
  const session = `${open}&sid=${sid}`;
  const posted = await raw(port, session, { method: 'POST', body: '40' });
  assert.deepEqual([posted.status, posted.body.toString()], [200, 'ok']);
  assert.equal(posted.headers['content-type'], 'text/html');
  const [socket] = await connection;
  const connected = await raw(port, session);
  assert.equal(connected.body.toString(), `40{"sid":"${socket.id}"}`);
  socket.emit('a', 1);
  socket.emit('b', Buffer.from([1, 2]));
  const both = [];
  while (both.length < 3) both.push(...(await raw(port, session)).body.toString().split('\x1e'));
  assert.deepEqual(both, ['42["a",1]', '451-["b",{"_placeholder":true,"num":0}]', 'bAQI=']);
  const gone = next(socket, 'disconnect');
  await raw(port, session, { method: 'POST', body: '42["x"]\x1e1' });
  assert.equal((await gone)[0], 'transport close');
});

parity('two polls at once end the session', async (world) => {
  const { io, port } = await world.serve();
  const { sid } = await handshake(port);
  const connection = next(io, 'connection');
  await raw(port, `${open}&sid=${sid}`, { method: 'POST', body: '40' });
  const [socket] = await connection;
  await raw(port, `${open}&sid=${sid}`);
  const gone = next(socket, 'disconnect');
  const answers = await Promise.allSettled([
    raw(port, `${open}&sid=${sid}`),
    raw(port, `${open}&sid=${sid}`),
  ]);
  assert.equal((await gone)[0], 'transport error');
  assert.ok(answers.some(({ value }) => value?.status === 400));
});

parity('a poll whose client goes away ends the session', async (world) => {
  const { io, port } = await world.serve();
  const { sid } = await handshake(port);
  const connection = next(io, 'connection');
  await raw(port, `${open}&sid=${sid}`, { method: 'POST', body: '40' });
  const [socket] = await connection;
  await raw(port, `${open}&sid=${sid}`);
  const gone = next(socket, 'disconnect');
  const arrived = next(io.httpServer, 'request');
  const poll = request({ port, path: `${open}&sid=${sid}`, host: '127.0.0.1' }).on(
    'error',
    () => {},
  );
  poll.end();
  await arrived;
  poll.destroy();
  const [reason, { message, type }] = await gone;
  assert.equal(reason, 'transport error');
  assert.deepEqual([message, type], ['poll connection closed prematurely', 'TransportError']);
});

parity('headers and initial_headers may add headers', async (world) => {
  const { io, port, url } = await world.serve();
  io.engine.on('initial_headers', (headers, req) => {
    headers['x-initial'] = req._query.EIO;
    headers['set-cookie'] = ['a=1', 'b=2'];
  });
  io.engine.on('headers', (headers) => (headers['x-each'] = 'yes'));
  const first = await raw(port, open);
  assert.deepEqual([first.headers['x-initial'], first.headers['x-each']], ['4', 'yes']);
  assert.deepEqual(first.headers['set-cookie'], ['a=1', 'b=2']);
  const { sid } = JSON.parse(first.body.toString().slice(1));
  const second = await raw(port, `${open}&sid=${sid}`, { method: 'POST', body: '40' });
  assert.deepEqual([second.headers['x-initial'], second.headers['x-each']], [undefined, 'yes']);
  const client = world.client(url);
  const [{ headers }] = await new Promise((resolve) => {
    client.io.engine.transport.ws.on('upgrade', (...args) => resolve(args));
  });
  assert.deepEqual([headers['x-initial'], headers['x-each']], ['4', 'yes']);
  await joined(client);
});

parity('cookie is off unless asked for', async (world) => {
  const plain = await world.serve();
  assert.equal((await raw(plain.port, open)).headers['set-cookie'], undefined);
  const server = await world.serve({ cookie: true });
  const { headers, body } = await raw(server.port, open);
  const { sid } = JSON.parse(body.toString().slice(1));
  assert.deepEqual(headers['set-cookie'], [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
  const named = await world.serve({ cookie: { name: 'n', maxAge: 10, httpOnly: false } });
  assert.match(
    (await raw(named.port, open)).headers['set-cookie'][0],
    /^n=.*; Max-Age=10; Path=\//,
  );
});

parity('cors answers preflights and origins', async (world) => {
  const { port, url } = await world.serve({
    cors: { origin: 'http://example.com', credentials: true, methods: ['GET', 'PUT'] },
  });
  const preflight = await raw(port, open, {
    method: 'OPTIONS',
    headers: { origin: 'http://example.com' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-methods'], 'GET,PUT');
  const { headers } = await raw(port, open, { headers: { origin: 'http://example.com' } });
  assert.equal(headers['access-control-allow-origin'], 'http://example.com');
  assert.equal(headers['access-control-allow-credentials'], 'true');
  const file = await raw(port, '/socket.io/socket.io.js');
  assert.equal(file.headers['access-control-allow-origin'], 'http://example.com');
  await world.connected(url);
});

parity('long answers are compressed if the client can', async (world) => {
  const { io, port } = await world.serve({ httpCompression: { threshold: 10 } });
  const { sid } = await handshake(port);
  const connection = next(io, 'connection');
  await raw(port, `${open}&sid=${sid}`, { method: 'POST', body: '40' });
  await connection;
  const zipped = await raw(port, `${open}&sid=${sid}`, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  const { gunzipSync } = await import('node:zlib');
  assert.match(gunzipSync(zipped.body).toString(), /^40\{"sid"/);
  io.emit('x', 'y'.repeat(20));
  const plain = await raw(port, `${open}&sid=${sid}`);
  assert.equal(plain.headers['content-encoding'], undefined);
  const off = await world.serve({ httpCompression: false });
  const answer = await raw(off.port, open, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(answer.headers['content-encoding'], undefined);
});

parityOnTransports('io.engine.use runs on requests and upgrades', async (world) => {
  const server = await world.serve();
  const { io, url, port } = server;
  let calls = 0;
  io.engine.use((req, res, go) => {
    calls++;
    res.setHeader('x-middleware', 'yes');
    req.mark = 'left by the middleware';
    if (req._query.refuse) return go(new Error('no'));
    go();
  });
  const { socket } = await world.pair(server);
  assert.ok(calls > 0);
  assert.equal(socket.request.mark, 'left by the middleware');
  assert.equal((await raw(port, open)).headers['x-middleware'], 'yes');
  const told = next(io.engine, 'connection_error');
  const refused = world.client(url, { query: { refuse: '1' } });
  await next(refused, 'connect_error');
  assert.deepEqual((await told)[0].context, { name: 'MIDDLEWARE_FAILURE' });
});

parityOnTransports('express-session works', async (world) => {
  const server = await world.serve();
  const { io } = server;
  io.engine.use(session({ secret: 's', resave: false, saveUninitialized: true }));
  io.use((socket, go) => {
    socket.request.session.count = 1;
    socket.request.session.save(go);
  });
  const { socket } = await world.pair(server);
  assert.equal(socket.request.session.count, 1);
  assert.equal(typeof socket.request.session.id, 'string');
  await new Promise((resolve) => socket.request.session.reload(resolve));
  assert.equal(socket.request.session.count, 1);
});

parity('generateId may be replaced', async (world) => {
  const server = await world.serve();
  let n = 0;
  const { engine } = server.io;
  assert.match(await engine.generateId({}), /^[\w-]{20}$/);
  engine.generateId = async function () {
    assert.equal(this, engine);
    return `custom-${++n}`;
  };
  const { socket } = await world.pair(server);
  assert.equal(socket.conn.id, 'custom-1');
  assert.equal((await handshake(server.port)).sid, 'custom-2');
  engine.generateId = () => {
    throw new Error('out of ids');
  };
  assert.equal((await raw(server.port, open)).status, 400);
});

parity('engine connections can be listened to', async (world) => {
  const { io, url } = await world.serve();
  const connection = next(io.engine, 'connection');
  const client = world.client(url);
  const [conn] = await connection;
  assert.equal(conn.readyState, 'open');
  assert.equal(conn.transport.name, 'websocket');
  assert.equal(conn.protocol, 4);
  assert.equal(conn.server, io.engine);
  const packets = [];
  conn.on('packetCreate', ({ type, data }) => packets.push([type, data]));
  const packet = next(conn, 'packet');
  await joined(client);
  assert.deepEqual((await packet)[0], { type: 'message', data: '0' });
  assert.deepEqual(packets, [['message', `0{"sid":"${client.id}"}`]]);
  assert.equal(io.engine.clients[conn.id], conn);
  assert.deepEqual(Object.keys(io.engine.clients), [conn.id]);
  const closed = next(conn, 'close');
  client.disconnect();
  assert.equal((await closed)[0], 'transport close');
  assert.equal(io.engine.clients[conn.id], undefined);
  assert.equal(io.engine.clientsCount, 0);
});

parity('upgrades are told of', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server, '/', { transports: ['polling', 'websocket'] });
  if (!socket.conn.upgraded) {
    assert.equal(socket.conn.transport.name, 'polling');
    const [transport] = await next(socket.conn, 'upgrade');
    assert.equal(transport.name, 'websocket');
  }
  assert.equal(socket.conn.upgraded, true);
  assert.equal(socket.conn.transport.name, 'websocket');
});

parity('the client bundles are served', async (world) => {
  const { port } = await world.serve();
  const file = await raw(port, '/socket.io/socket.io.js');
  assert.equal(file.status, 200);
  assert.match(file.headers['content-type'], /javascript/);
  assert.match(file.body.toString(), /Socket\.IO v4\.8/);
  const cached = await raw(port, '/socket.io/socket.io.js', {
    headers: { 'if-none-match': file.headers.etag },
  });
  assert.equal(cached.status, 304);
  assert.equal((await raw(port, '/socket.io/socket.io.min.js.map')).status, 200);
  const off = await world.serve({ serveClient: false });
  assert.equal((await raw(off.port, '/socket.io/socket.io.js')).status, 400);
});

parity('conn.send tells when it has been sent', async (world) => {
  const { socket } = await world.pair(await world.serve());
  await new Promise((resolve) => socket.conn.send('2["x"]', {}, resolve));
});

parity('packetCreate tells of single packets and of broadcasts', async (world) => {
  const server = await world.serve();
  const { socket } = await world.pair(server);
  const created = [];
  socket.conn.on('packetCreate', ({ type, data, options }) => {
    created.push([type, data, options.compress]);
  });
  socket.emit('a');
  socket.compress(false).emit('b');
  server.io.emit('c');
  server.io.to(socket.id).compress(false).emit('d');
  server.io.except(socket.id).emit('for others');
  assert.deepEqual(created, [
    ['message', '2["a"]', true],
    ['message', '2["b"]', false],
    ['message', '2["c"]', true],
    ['message', '2["d"]', false],
  ]);
});

parity('a session closed between two polls hears of it with its next poll', async (world) => {
  const { port } = await world.serve();
  for (const [packets, polls] of [
    [['40', '40'], 1],
    [['42["too early"]'], 0],
    [['40', '4nonsense'], 1],
  ]) {
    const { sid } = await handshake(port);
    const path = `${open}&sid=${sid}`;
    for (const body of packets) await raw(port, path, { method: 'POST', body });
    for (let i = 0; i < polls; i++) assert.match((await raw(port, path)).body.toString(), /^40\{/);
    assert.equal((await raw(port, path)).body.toString(), '6\x1e1');
  }
});

parity('the engine has its older name too, with all options', async (world) => {
  const io = new world.package.Server(world.quiet({ pingTimeout: 6000 }));
  io.attach((await world.serve()).http, { pingInterval: 24_000, path: '/other' });
  world.onClose(() => io.close());
  assert.equal(io.eio, io.engine);
  assert.deepEqual([io.eio.opts.pingTimeout, io.eio.opts.pingInterval], [6000, 24_000]);
});
