// Ordinary clients that come back when they lose their server, with echoes all the time they are connected.
import { setTimeout as wait } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { quantile } from './victims.mjs';

const ANSWER_LIMIT = 30_000;
const RETRY_DELAY = 300;

const round = (value) => (Number.isFinite(value) ? Math.round(value) : '–');

export class ReturningClients {
  #clients = [];
  #loops = [];
  #isStopped = false;
  /** Connections that ended, by what the client was told or the reason. */
  lost = {};
  /** For how long clients were away, in milliseconds. */
  away = [];
  echoes = [];
  /** Echoes that never came over a connection that did not end. */
  unanswered = 0;

  /** `echo`: an event that the server acknowledges, with its arguments. */
  constructor(url, { clients = 20, options = {}, echo = ['echo', 1], echoEvery = 200 } = {}) {
    Object.assign(this, { url, count: clients, options, echo, echoEvery });
  }

  get connected() {
    return this.#clients.filter(({ connected }) => connected).length;
  }

  get losses() {
    return Object.values(this.lost).reduce((sum, count) => sum + count, 0);
  }

  async connect() {
    this.#clients = Array.from({ length: this.count }, () => this.#open());
    if (!(await this.back())) throw new Error(`only ${this.connected} clients could connect`);
    this.#loops = this.#clients.map((client) => this.#talk(client));
    return this;
  }

  /** Resolves when all clients are connected: true; false if they are not in time. */
  async back(limit = 60_000) {
    const until = Date.now() + limit;
    while (this.connected < this.count && Date.now() < until) await wait(50);
    return this.connected === this.count;
  }

  /** Does something, and resolves with how many clients receive this event afterwards. */
  async hears(event, cause, limit = 15_000) {
    let heard = 0;
    const onEvent = () => (heard += 1);
    for (const client of this.#clients) client.once(event, onEvent);
    await cause();
    const until = Date.now() + limit;
    while (heard < this.count && Date.now() < until) await wait(20);
    for (const client of this.#clients) client.off(event, onEvent);
    return heard;
  }

  async stop() {
    this.#isStopped = true;
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.#loops);
  }

  /** What must not be, as lines. */
  faults() {
    const found = [];
    if (this.echoes.length === 0) found.push('no client got an echo');
    if (this.unanswered > 0) found.push(`${this.unanswered} echoes never came`);
    return found;
  }

  /** What they noticed, as one line. */
  summary() {
    const { echoes, away, lost } = this;
    const reasons = Object.entries(lost).map(([reason, count]) => `${count} × ${reason}`);
    return [
      `${this.count} clients`,
      `${echoes.length} echoes, p50 / p99 ${round(quantile(echoes, 0.5))} / ${round(quantile(echoes, 0.99))} ms`,
      reasons.length === 0 ? 'none disconnected' : `disconnected: ${reasons.join(', ')}`,
      ...(away.length === 0
        ? []
        : [`away p50 / p99 ${round(quantile(away, 0.5))} / ${round(quantile(away, 0.99))} ms`]),
    ].join('; ');
  }

  #open() {
    const client = io(this.url, {
      forceNew: true,
      transports: ['websocket'],
      reconnectionDelay: RETRY_DELAY,
      reconnectionDelayMax: 2000,
      ...this.options,
    });
    let left = null;
    let told = null;
    // The library does not come back by itself from these two.
    const again = () => setTimeout(() => this.#isStopped || client.connect(), RETRY_DELAY);
    client.on('connect', () => {
      if (left !== null) this.away.push(performance.now() - left);
      left = null;
      told = null;
    });
    client.on('connect_error', () => client.active || again());
    client.on('io:disconnected', ({ reason }) => (told = reason));
    client.on('disconnect', (reason) => {
      if (this.#isStopped) return;
      left = performance.now();
      this.lost[told ?? reason] = (this.lost[told ?? reason] ?? 0) + 1;
      if (!client.active) again();
    });
    return client;
  }

  async #talk(client) {
    while (!this.#isStopped) {
      const began = performance.now();
      const { id, connected } = client;
      if (connected) {
        try {
          await client.timeout(ANSWER_LIMIT).emitWithAck(...this.echo);
          this.echoes.push(performance.now() - began);
        } catch {
          if (client.id === id && !this.#isStopped) this.unanswered += 1;
        }
      }
      const rest = this.echoEvery - (performance.now() - began);
      if (rest > 0) await wait(rest);
    }
  }
}
