// Who the client of a request is: always the address that Koa's `ctx.request.ip` gives for the same request.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createRandom } from '../sanitizer/support/random.mjs';
import { Server, after } from './support.mjs';

const strapi = createRequire(createRequire(import.meta.url).resolve('@strapi/core/package.json'));
const Koa = strapi('koa');

const timeout = 120_000;
const CASES = Number(process.env.ADDRESS_CASES ?? 3000);
const SEED = Number(process.env.ADDRESS_SEED ?? 1);

const NAMES = ['X-Forwarded-For', 'X-Real-IP', 'CF-Connecting-IP', 'Forwarded', 'Cookie'];
// Node keeps only the first line of these.
const UNIQUE_NAMES = ['From', 'Referer', 'User-Agent', 'Age'];
const ALL_NAMES = [...NAMES, ...UNIQUE_NAMES, 'Referrer'];
const ADDRESSES = [
  '203.0.113.9',
  '198.51.100.2',
  '::ffff:192.0.2.7',
  '2001:db8::1',
  '[2001:db8::2]:443',
  '192.0.2.1:8080',
  'fe80::1%eth0',
  'unknown',
  '010.1.2.3',
  '999.1.1.1',
  '',
];
const SPACES = ['', '', '', ' ', '\t', '  ', '\u00a0', '\u0085'];
const SEPARATORS = [',', ', ', ' ,', ',,', ';', ' '];
const MAX_IPS = [0, 0, 1, 2, 3, 10, -1, 1.5, '2', Infinity, undefined];

/** A random case: the settings of the application, and the header lines of the request. */
function makeCase({ pick, below, chance, times }) {
  const value = () => {
    const entries = times(1, 4, () => pick(SPACES) + pick(ADDRESSES) + pick(SPACES));
    return pick(SPACES) + entries.reduce((text, entry) => text + pick(SEPARATORS) + entry);
  };
  const header = pick([NAMES[0], NAMES[0], ...ALL_NAMES]);
  const lines = times(0, 4, () => {
    const name = chance(0.7) ? header : pick(ALL_NAMES);
    return [chance(0.3) ? name.toUpperCase() : name, value()];
  });
  // Node reads no more than a thousand header lines.
  if (below(200) === 0) lines.unshift(...times(998, 998, () => ['a', 'b']));
  return {
    settings: {
      proxy: pick([true, true, true, false, undefined]),
      proxyIpHeader: chance(0.3) ? header.toLowerCase() : header,
      maxIpsCount: pick(MAX_IPS),
    },
    lines,
  };
}

/** One polling handshake, its header lines sent as given; resolves with the id of the session. */
async function handshake(socket, lines) {
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n${text}\r\n`;
  socket.write(Buffer.from(head, 'latin1'));
  let answer = '';
  while (!answer.includes('"sid":')) {
    const [chunk] = await once(socket, 'data');
    answer += chunk.toString();
    assert.match(answer, /^HTTP\/1.1 200/, answer);
  }
  return /"sid":"([^"]+)"/.exec(answer)[1];
}

for (const [where, target] of [
  ['TCP', { port: 0, host: '127.0.0.1' }],
  ['TCP over IPv6', { port: 0, host: '::' }],
  ['a Unix socket', { path: path.join(tmpdir(), `plugin-io-${process.pid}.sock`) }],
]) {
  test(`the engine sees the address that Koa sees, over ${where}`, { timeout }, async (t) => {
    const app = new Koa();
    const http = createServer(app.callback());
    let expected;
    const io = new Server(http, {
      proxy: app,
      allowRequest: (req, decide) => {
        expected = app.createContext(req, {}).request.ip;
        assert.equal(io.engine.addressOf(req), expected);
        decide(null, true);
      },
    });
    after(t, () => io.close());
    http.listen(target);
    await once(http, 'listening');
    const { port } = http.address();
    const socket = net.connect(target.path ? target : { port, host: '127.0.0.1' });
    after(t, () => socket.destroy());

    const random = createRandom(SEED);
    const seen = new Set();
    for (let number = 0; number < CASES; number++) {
      const { settings, lines } = makeCase(random);
      Object.assign(app, settings);
      expected = undefined;
      const sid = await handshake(socket, lines);
      const address = io.engine.native.connAddress(sid);
      const about = `case ${number} of seed ${SEED}: ${JSON.stringify({ settings, lines: lines.slice(-5) })}`;
      assert.equal(address, expected, about);
      seen.add(address);
      io.engine.native.closeConn(sid, true);
    }
    assert.ok(seen.size > 20, `only ${seen.size} addresses were seen`);
  });
}
