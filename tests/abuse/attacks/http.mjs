// Attacks over HTTP: long-polling, slow requests, and upgrades that are never finished.
import net from 'node:net';
import { RawSocket, frame, several, upgradeHead } from '../support/wire.mjs';

const POLL = '/socket.io/?EIO=4&transport=polling';

const request = (path, { method = 'GET', headers = '', body = '' } = {}) =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}` +
  `${body ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ''}\r\n${body}`;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function handshake(port) {
  const response = await fetch(`http://127.0.0.1:${port}${POLL}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text.slice(1)).sid;
}

async function joinedSession(port) {
  const sid = await handshake(port);
  const url = `http://127.0.0.1:${port}${POLL}&sid=${sid}`;
  await (await fetch(url, { method: 'POST', body: '40' })).text();
  await (await fetch(url)).text();
  return { sid, url };
}

/** Polling bodies made of one packet again and again. */
export async function bodies({ port, seconds, connections = 4, packet, bytes = 990_000 }) {
  const body = Array(Math.floor(bytes / (packet.length + 1)))
    .fill(packet)
    .join('\x1e');
  const until = Date.now() + seconds * 1000;
  const total = { requests: 0, megabytes: 0, sessions: 0 };
  const run = async () => {
    while (Date.now() < until) {
      const session = await joinedSession(port).catch(() => null);
      if (session === null) {
        await wait(50);
        continue;
      }
      total.sessions += 1;
      let ok = true;
      while (ok && Date.now() < until) {
        const signal = AbortSignal.timeout(30_000);
        const answer = await fetch(session.url, { method: 'POST', body, signal }).catch(() => null);
        await answer?.text();
        ok = answer?.ok === true;
        total.requests += 1;
        total.megabytes += body.length / 1e6;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, run));
  return total;
}

/** Many bodies on one session at a time, each all but its last byte: they wait in the server, if it reads them. */
export async function overlappingBodies({
  port,
  seconds,
  connections,
  sessions = 1,
  bytes = 990_000,
}) {
  const until = Date.now() + seconds * 1000;
  const paths = [];
  for (let i = 0; i < sessions; i += 1) paths.push(`${POLL}&sid=${await handshake(port)}`);
  const head = (path) => request(path, { method: 'POST', headers: `Content-Length: ${bytes}\r\n` });
  const body = Buffer.alloc(bytes - 1, 'x');
  const held = await several(connections, async (index) => {
    const raw = new RawSocket(port);
    raw.write(head(paths[index % sessions]));
    raw.write(body);
    await raw.until(() => raw.socket.writableLength === 0 || raw.ended, until).catch(() => {});
    return raw;
  });
  await wait(Math.max(0, until - Date.now()));
  const open = held.filter(({ ended }) => !ended).length;
  for (const raw of held) raw.destroy();
  return { requests: held.length, megabytes: (held.length * bytes) / 1e6, open };
}

/** Connections that send a request head byte by byte, or a body. */
export async function slow({ port, seconds, connections, body = false }) {
  const until = Date.now() + seconds * 1000;
  const sid = body ? await handshake(port) : '';
  const head = body
    ? request(`${POLL}&sid=${sid}`, { method: 'POST', headers: 'Content-Length: 900000\r\n' })
    : request(POLL, { headers: `X-Slow: ${'s'.repeat(8000)}\r\n` });
  const sockets = await several(connections, async () => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    if (body) socket.write(head);
    return socket;
  });
  let sent = 0;
  while (Date.now() < until) {
    for (const socket of sockets) if (!socket.destroyed) socket.write(body ? 'x' : head[sent]);
    sent += 1;
    await wait(50);
  }
  const open = sockets.filter(({ destroyed }) => !destroyed).length;
  for (const socket of sockets) socket.destroy();
  return { connections, bytes: sent * connections, open };
}

/** Request heads that no server should keep: answered with an error, or cut off. */
export async function heads({ port, seconds }) {
  const until = Date.now() + seconds * 1000;
  const odd = [
    request(POLL, { headers: `X-Huge: ${'h'.repeat(100_000)}\r\n` }),
    request(POLL, { headers: 'X-Many: 1\r\n'.repeat(5000) }),
    request(`${POLL}&${'q=1&'.repeat(3000)}`),
    request(`${POLL}&sid=%`),
    request(`${POLL}&sid[]=1&sid[__proto__]=x&__proto__=x&EIO=4`),
    request('/socket.io/?EIO=4&transport=__proto__'),
    request('/socket.io/?EIO=4&transport=constructor&sid=toString'),
    request(POLL, { method: 'PUT', body: 'x' }),
    request(POLL, { method: 'DELETE' }),
    request(POLL, { method: 'POST', headers: 'Expect: 100-continue\r\n', body: '40' }),
    request(POLL, { method: 'POST', headers: 'Transfer-Encoding: chunked\r\n' }) + 'zz\r\n',
    request('http://other/socket.io/?EIO=4&transport=polling'),
    'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n',
    upgradeHead({ query: '&sid=unknown' }),
    upgradeHead({ headers: 'Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: \x01\r\n' }),
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    '\0'.repeat(1000),
  ];
  let requests = 0;
  while (Date.now() < until) {
    await several(odd.length, async (index) => {
      const raw = new RawSocket(port);
      raw.write(odd[index]);
      await raw.until(() => raw.received > 0, Date.now() + 1000).catch(() => {});
      raw.destroy();
      requests += 1;
    });
  }
  return { requests };
}

/** Polling sessions that begin an upgrade and go no further, and ones that vanish in the middle of it. */
export async function halfUpgrades({ port, seconds, connections, vanish = false }) {
  const until = Date.now() + seconds * 1000;
  const held = await several(connections, async (index) => {
    const raw = new RawSocket(port);
    raw.write(upgradeHead({ query: `&sid=${await handshake(port)}` }));
    await raw.until(() => raw.tail.includes('101 Switching'));
    if (index % 2 === 0) {
      raw.write(frame('2probe'));
      await raw.until(() => raw.tail.includes('3probe'));
    }
    if (vanish) raw.socket.resetAndDestroy();
    return raw;
  });
  await wait(Math.max(0, until - Date.now()));
  const open = held.filter(({ ended }) => !ended).length;
  for (const raw of held) raw.destroy();
  return { connections: held.length, open };
}

/** Polling sessions, opened and left. */
export async function sessions({ port, seconds, connections = 50 }) {
  const until = Date.now() + seconds * 1000;
  let opened = 0;
  const run = async () => {
    while (Date.now() < until) {
      await handshake(port).then(
        () => (opened += 1),
        () => wait(20),
      );
    }
  };
  await Promise.all(Array.from({ length: connections }, run));
  return { sessions: opened };
}
