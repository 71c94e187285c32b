// What the tests of the boundary share: engines, servers, and clients that speak the protocols by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { io as connect } from 'socket.io-client';

const require = createRequire(import.meta.url);
export const root = new URL('../..', import.meta.url);
export const { Engine } = require('../../index.js');
export const { Server } = require('../../dist/socket-io/index.js');

export const KINDS = ['Text', 'Binary', 'Close', 'Upgrade', 'Drain', 'StreamData', 'StreamEnd'];

/** The defaults of the TypeScript half. */
export const engineOptions = (changes = {}) => ({
  pingInterval: 25_000,
  pingTimeout: 20_000,
  upgradeTimeout: 10_000,
  connectTimeout: 45_000,
  maxPayload: 1e6,
  transports: ['polling', 'websocket'],
  allowUpgrades: true,
  allowEio3: false,
  maxOutboxBytes: 1e6,
  maxPendingEvents: 10_000,
  maxPendingBytes: 64 * 1024 * 1024,
  threads: 1,
  ...changes,
});

/** The head of a request that opens a polling session. */
export const requestHead = (changes = {}) => ({
  method: 'GET',
  url: '/socket.io/',
  headers: [],
  remoteAddress: '127.0.0.1',
  forwarded: null,
  secure: false,
  transport: 'polling',
  sid: null,
  eio: '4',
  b64: false,
  upgrade: false,
  ...changes,
});

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const upgradeHead = (changes = {}) =>
  requestHead({
    transport: 'websocket',
    upgrade: true,
    headers: ['Upgrade', 'websocket', 'Sec-WebSocket-Key', KEY, 'Sec-WebSocket-Version', '13'],
    ...changes,
  });

const cleanups = new WeakMap();

/** Cleans up after a test, in reverse order: a server can only close once its foreign connections are gone. */
export function after(t, cleanup) {
  if (!cleanups.has(t)) {
    const stack = [];
    cleanups.set(t, stack);
    t.after(async () => {
      while (stack.length) await stack.pop()();
    });
  }
  cleanups.get(t).push(cleanup);
}

/** Resolves when `condition` holds; the test's own timeout bounds the wait. */
export async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Names of this process's threads that belong to engines. */
export function engineThreads() {
  return readdirSync('/proc/self/task').flatMap((id) => {
    try {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
      return name.startsWith('plugin-io') ? [name] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** What the descriptors of this process stand for, e.g. `socket:[12345]`. */
export const descriptorTargets = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile, such as the one that lists the others
    }
  });

export const openDescriptors = () => readdirSync('/proc/self/fd').length;

/**
 * Runs a script in a process of its own; resolves with how it ended. `setUp` is a shell command for that process, such
 * as one that limits it.
 */
export async function run(script, { type = 'commonjs', setUp = ':' } = {}) {
  const command = [process.execPath, `--input-type=${type}`, '-e', script];
  const child = spawn('sh', ['-c', `${setUp} && exec "$@"`, 'sh', ...command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000, // a process that does not end by itself is killed and has a signal, not a code
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout: stdout.trim(), stderr };
}

/** A listening server of ours; closed with the test. `log` has what it logged. */
export async function serve(t, options = {}, http = createServer((_req, res) => res.end('app'))) {
  const log = [];
  const logger = {};
  for (const level of ['error', 'warn', 'info', 'debug']) {
    logger[level] = (line) => log.push(`${level}: ${line}`);
  }
  const io = new Server(http, { logger, ...options });
  after(t, () => io.close());
  if (!http.listening) {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  }
  const { port } = http.address();
  const protocol = http.setSecureContext ? 'https' : 'http';
  return { io, http, log, port, url: `${protocol}://127.0.0.1:${port}` };
}

/** A socket.io client, disconnected with the test. */
export function client(t, url, options = {}) {
  const socket = connect(url, {
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
    ...options,
  });
  after(t, () => socket.disconnect());
  return socket;
}

export async function connected(t, url, options) {
  const socket = client(t, url, options);
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** The arguments of the next `event`. */
export const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

/** The server lives on: a new client connects and gets an answer. */
export async function assertAlive(t, { io, url }) {
  const one = await connected(t, url);
  const heard = next(one, 'alive');
  io.emit('alive');
  await heard;
  one.disconnect();
}

/** One HTTP request, sent as given; resolves with the answer. */
export function http(port, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const req = request({ port, path, method, headers, host: '127.0.0.1', agent: false }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () =>
        resolve({
          status: res.statusCode,
          headers: res.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    req.on('error', reject);
    req.end(body);
  });
}

export const POLLING = '/socket.io/?EIO=4&transport=polling';
export const WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';

/** Opens a polling session; `get` and `post` are its requests. */
export async function poller(port, query = 'EIO=4') {
  const path = `/socket.io/?${query}&transport=polling`;
  const { body } = await http(port, path);
  const { sid } = JSON.parse(body.slice(body.indexOf('{')));
  return {
    sid,
    get: () => http(port, `${path}&sid=${sid}`),
    post: (data, headers = {}) =>
      http(port, `${path}&sid=${sid}`, { method: 'POST', body: data, headers }),
  };
}

/** A client's frame. `mask: false` breaks the protocol on purpose. */
export function frame(payload, { opcode = 1, fin = true, rsv = 0, mask = true } = {}) {
  const data = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = mask ? 0x80 : 0;
  if (data.length < 126) head.push(bit | data.length);
  else if (data.length < 65536) head.push(bit | 126, data.length >> 8, data.length & 255);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(data.length));
    head.push(bit | 127, ...length);
  }
  // a mask of zeros leaves the payload readable
  return Buffer.concat([Buffer.from(head), Buffer.alloc(mask ? 4 : 0), data]);
}

export function upgradeRequest(path = WEBSOCKET, headers = {}) {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A WebSocket client made of a plain socket: it can send what no library would. */
export class RawClient {
  messages = [];
  closeCode = undefined;
  ended = false;
  answer = '';
  #buffer = Buffer.alloc(0);
  #wake = () => {};

  /** `target`: a port or the path of a Unix socket. `behind`: bytes in the same write as the request. */
  constructor(target, { path, headers, behind = Buffer.alloc(0), socket } = {}) {
    this.socket = socket ?? net.connect(typeof target === 'number' ? target : { path: target });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => this.#read(chunk));
    this.socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    this.socket.write(Buffer.concat([Buffer.from(upgradeRequest(path, headers)), behind]));
  }

  /** A client whose session is open. */
  static async open(t, target, options) {
    const raw = new RawClient(target, options);
    after(t, () => raw.destroy());
    const open = await raw.next();
    if (open === undefined) throw new Error(`refused: ${raw.answer}`);
    raw.sid = JSON.parse(open.slice(1)).sid;
    return raw;
  }

  static async joined(t, target, options) {
    const raw = await RawClient.open(t, target, options);
    raw.send('40');
    await raw.next();
    return raw;
  }

  send(payload, options) {
    return this.socket.write(frame(payload, options));
  }

  write(bytes) {
    return this.socket.write(bytes);
  }

  /** The next message; `undefined` if the connection ends instead. */
  async next() {
    while (this.messages.length === 0 && !this.ended) {
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.messages.shift();
  }

  /** Resolves when the server ends the connection. */
  async end() {
    while (!this.ended) await new Promise((resolve) => (this.#wake = resolve));
  }

  destroy() {
    this.socket.destroy();
  }

  #read(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.answer) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.answer = this.#buffer.subarray(0, end + 4).toString();
      if (!this.answer.startsWith('HTTP/1.1 101')) {
        this.answer = this.#buffer.toString();
        return;
      }
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    while (this.#takeFrame());
    this.#wake();
  }

  #takeFrame() {
    const buffer = this.#buffer;
    if (buffer.length < 2) return false;
    let length = buffer[1] & 127;
    let start = 2;
    if (length === 126) {
      if (buffer.length < 4) return false;
      length = buffer.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (buffer.length < 10) return false;
      length = Number(buffer.readBigUInt64BE(2));
      start = 10;
    }
    if (buffer.length < start + length) return false;
    const payload = buffer.subarray(start, start + length);
    const opcode = buffer[0] & 15;
    if (opcode === 8) this.closeCode = length >= 2 ? payload.readUInt16BE(0) : 1005;
    else this.messages.push(opcode === 2 ? Buffer.from(payload) : payload.toString());
    this.#buffer = buffer.subarray(start + length);
    return true;
  }
}
