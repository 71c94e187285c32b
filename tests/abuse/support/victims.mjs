// Ordinary clients while somebody attacks: echoes, content events and REST requests, and how long each takes.
import { io } from 'socket.io-client';

const ANSWER_LIMIT = 30_000;

/** The value below which the share `q` of the list lies; NaN for an empty list. */
export const quantile = (list, q) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))] ?? NaN;

export class Victims {
  #clients = [];
  #stopped = false;
  #loops = [];
  /** When the notes were written whose event has not come yet. */
  #created = new Map();
  #notes = 0;
  echoes = [];
  rest = [];
  events = [];
  /** Reasons of connections that ended. */
  lost = [];
  failures = { echo: 0, rest: 0 };

  constructor(target, { clients = 10, echoEvery = 100, restEvery = 250, options = {} } = {}) {
    Object.assign(this, { target, count: clients, echoEvery, restEvery, options });
  }

  async connect() {
    const one = () =>
      new Promise((resolve, reject) => {
        const client = io(this.target.url, {
          forceNew: true,
          reconnection: false,
          timeout: ANSWER_LIMIT,
          ...this.options,
        });
        client.once('connect', () => resolve(client));
        client.once('connect_error', reject);
        client.on('disconnect', (reason) => {
          if (!this.#stopped) this.lost.push(reason);
        });
        this.#clients.push(client);
      });
    await Promise.all(Array.from({ length: this.count }, one));
    this.#clients[0].on('note:create', (note) => this.#onEvent(note.text));
    // Not before the upgrade: a client is measured over one transport.
    await this.#until(() => this.#clients.every((c) => c.io.engine.transport.name !== 'polling'));
    return this;
  }

  /** Begins to measure; `stop` ends it. */
  start() {
    this.#loops = this.#clients.map((client) =>
      this.#loop(this.echoEvery, () => this.#echo(client)),
    );
    this.#loops.push(this.#loop(this.restEvery, () => this.#request()));
    return this;
  }

  /** Throws away what was measured so far, and returns it. */
  take() {
    const { echoes, rest, events, failures } = this;
    Object.assign(this, { echoes: [], rest: [], events: [], failures: { echo: 0, rest: 0 } });
    return { echoes, rest, events, failures, lost: [...this.lost] };
  }

  async stop() {
    this.#stopped = true;
    await Promise.all(this.#loops);
    for (const client of this.#clients) client.disconnect();
    return this.take();
  }

  async #loop(every, act) {
    while (!this.#stopped) {
      const began = performance.now();
      await act();
      const left = every - (performance.now() - began);
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  async #echo(client) {
    if (!client.connected) return;
    const began = performance.now();
    try {
      await client.timeout(ANSWER_LIMIT).emitWithAck('echo', began);
      this.echoes.push(performance.now() - began);
    } catch {
      this.failures.echo += 1;
    }
  }

  /** A write over REST; the first client hears of it. */
  async #request() {
    const began = performance.now();
    const text = `note ${(this.#notes += 1)}`;
    this.#created.set(text, began);
    try {
      const response = await fetch(`${this.target.url}/api/notes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data: { text } }),
        signal: AbortSignal.timeout(ANSWER_LIMIT),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.rest.push(performance.now() - began);
    } catch {
      this.failures.rest += 1;
    }
  }

  #onEvent(text) {
    const began = this.#created.get(text);
    if (began === undefined) return;
    this.#created.delete(text);
    this.events.push(performance.now() - began);
  }

  async #until(condition) {
    for (let tries = 0; tries < 100 && !condition(); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
