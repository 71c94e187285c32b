// Runs cases: starts the servers they need, keeps one for those that share it, judges, and collects the table.
import { Target } from './target.mjs';
import { line } from './report.mjs';
import { faults, siege } from './siege.mjs';

/**
 * A case is `{ name, attack, short, long, prepare, server, victims, kept, taken, settle, peer, check }`, for an attack on a
 * server with victims beside it, or `{ name, run }`, which does everything itself and resolves with
 * `{ notes, faults, result }`, or with `{ skipped }`, why it could not run. `short` and `long` are the attack's parameters;
 * `null` leaves the case out. `skip()`: why it cannot run here, or false.
 */
export class Suite {
  #shared = new Map();
  lines = [];

  /** `size`: 'short' or 'long'. `peers`: whether socket.io is attacked as well. */
  constructor({ size, peers, say = () => {} }) {
    Object.assign(this, { size, peers, say });
  }

  /** Why a case is not run at this size; false if it is. */
  skips(one) {
    if (one[this.size] === null) {
      return `only in the ${this.size === 'short' ? 'long' : 'short'} suite`;
    }
    return one.skip?.() ?? false;
  }

  /** Runs a case; resolves with what is wrong, as lines. */
  async run(one) {
    if (one.run) {
      const outcome = await one.run({ size: this.size, say: this.say });
      if (outcome.skipped === undefined) return this.#record(one, outcome);
      return this.#record(one, { notes: `NOT RUN: ${outcome.skipped}`, faults: [] });
    }
    const { result, found } = await this.#siege(one, 'strapi');
    const wrong = this.#record(one, { result, faults: found });
    if (this.peers && one.peer !== false && !one.process) {
      // What becomes of socket.io is told, not judged.
      const peer = await this.#siege(one, 'socket.io').catch((error) => ({ error }));
      if (peer.error) this.#record(one, { notes: 'socket.io', faults: [peer.error.message] });
      else this.#record(one, { result: peer.result, faults: peer.found });
    }
    return wrong;
  }

  async stop() {
    for (const target of this.#shared.values()) await (await target).stop();
    this.#shared.clear();
  }

  async #siege(one, kind) {
    const options = kind === 'strapi' ? (one.server ?? {}) : (one.peerServer ?? {});
    const target = await this.#target(kind, options, one.process);
    const { attack, victims, prepare, kept, settle } = one;
    try {
      const result = await siege(target, {
        attack,
        parameters: one[this.size],
        victims,
        prepare,
        kept,
        settle,
      });
      const found = faults(result, one);
      if (target.alive) found.push(...((await one.check?.(result, target)) ?? []));
      return { result, found };
    } catch (error) {
      if (target.alive) throw error;
      const { code, signal } = target.exit;
      throw new Error(`the server ended (${signal ?? code}): ${target.stderr.slice(-500)}`, {
        cause: error,
      });
    }
  }

  /** A server with these options; the last one goes on if it has them, and is still there. */
  async #target(kind, options, process) {
    const key = JSON.stringify([options, process]);
    const current = this.#shared.get(kind);
    if (current?.key === key && current.alive) return current;
    await current?.stop();
    this.#shared.delete(kind);
    const target = await Target.start(kind, options, process);
    target.key = key;
    this.#shared.set(kind, target);
    return target;
  }

  #record(one, { result, notes, faults: found }) {
    const cells = line({ name: one.name, result, notes, faults: found });
    this.lines.push(cells);
    this.say(cells.filter((cell) => cell !== '').join(' | '));
    return found;
  }
}
