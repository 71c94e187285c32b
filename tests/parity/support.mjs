// One fixture for every parity test: the same scenario runs against the npm package socket.io and against ours.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import test from 'node:test';
import { io as connect } from 'socket.io-client';

const require = createRequire(import.meta.url);
const TIMEOUT = 15_000;

const sources = {
  'socket.io': () => require('socket.io'),
  'plugin-io': () => require('../../dist/socket-io/index.js'),
};
// PARITY=socket.io runs the oracle alone
const chosen = process.env.PARITY ? process.env.PARITY.split(',') : Object.keys(sources);

/** Registers `scenario` once for each implementation. */
export function parity(name, scenario, options = {}) {
  register(chosen, name, scenario, options);
}

/** A promise which socket.io does not make: the scenario runs against ours alone. */
export function ours(name, scenario, options = {}) {
  register(
    chosen.filter((one) => one === 'plugin-io'),
    name,
    scenario,
    options,
  );
}

function register(implementations, name, scenario, options) {
  for (const implementation of implementations) {
    test(`${name} [${implementation}]`, { timeout: TIMEOUT, ...options }, async (t) => {
      const world = new World(implementation, sources[implementation]());
      t.after(() => world.close());
      await scenario(world, t);
    });
  }
}

/** The same scenario on each transport, and on polling which upgrades. */
export function parityOnTransports(name, scenario) {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    parity(`${name} (${transports.join(' to ')})`, (world, t) => {
      world.transports = transports;
      return scenario(world, t);
    });
  }
}

const plain = () => createServer((_req, res) => res.writeHead(404).end());

class World {
  transports = ['websocket'];
  #cleanups = [];

  constructor(implementation, package_) {
    this.implementation = implementation;
    this.package = package_;
    this.ours = implementation === 'plugin-io';
  }

  onClose(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /** A listening server; `io`, `http`, `port` and `url` of it. */
  async serve(options = {}, http = plain(), Server = this.package.Server) {
    const io = new Server(http, this.quiet(options));
    this.onClose(() => io.close());
    return { io, http, ...(await this.listen(http)) };
  }

  async listen(http) {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address();
    return { port, url: `http://127.0.0.1:${port}` };
  }

  /** What a test provokes on purpose is not printed; `world.reports` has it. */
  reports = [];
  quiet(options) {
    const keep = (line) => this.reports.push(line);
    return this.ours
      ? { logger: { error: keep, warn: keep, info() {}, debug() {} }, ...options }
      : options;
  }

  client(url, options = {}) {
    const socket = connect(url, {
      forceNew: true,
      reconnection: false,
      transports: this.transports,
      ...options,
    });
    this.onClose(() => socket.disconnect());
    return socket;
  }

  /** A client which has joined its namespace. */
  async connected(url, options) {
    const socket = this.client(url, options);
    await joined(socket);
    return socket;
  }

  /** A connected client and the server's socket of it. */
  async pair({ io, url }, path = '/', options) {
    const client = this.client(url + path.replace(/^\/$/, ''), options);
    const [[socket]] = await Promise.all([next(io.of(path), 'connection'), joined(client)]);
    return { client, socket };
  }

  async close() {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }
}

/** The arguments of the next `event`. Works for clients too, which are not Node emitters. */
export function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

/** The arguments of the next `count` events, in order. */
export function take(emitter, event, count) {
  return new Promise((resolve) => {
    const seen = [];
    const listener = (...args) => {
      seen.push(args);
      if (seen.length < count) return;
      emitter.off(event, listener);
      resolve(seen);
    };
    emitter.on(event, listener);
  });
}

export function joined(client) {
  return new Promise((resolve, reject) => {
    if (client.connected) return resolve();
    client.once('connect', resolve);
    client.once('connect_error', reject);
  });
}

/** A round trip: everything sent before in both directions has arrived. */
export async function settle(client, socket) {
  await Promise.all([client.emitWithAck('__settle'), socket.emitWithAck('__settle')]);
}

/** Answers {@link settle}. */
export function answerSettle(...emitters) {
  for (const emitter of emitters) emitter.on('__settle', (done) => done());
}
