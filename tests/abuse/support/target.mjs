// A server under attack, seen from outside: started, asked, sampled, stopped.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { usage } from './sampler.mjs';

const BOOT_LIMIT = 90_000;
const ASK_LIMIT = 60_000;
const STOP_LIMIT = 20_000;

const files = {
  strapi: fileURLToPath(new URL('strapi-server.mjs', import.meta.url)),
  'socket.io': fileURLToPath(new URL('peer-server.mjs', import.meta.url)),
};

export class Target {
  #child;
  #questions = new Map();
  #ids = 0;
  stderr = '';
  exit = null;

  /**
   * `kind`: 'strapi' or 'socket.io'. `options`: JSON for the process. `descriptors`: the number of files it may have
   * open. `env`: added to its environment.
   */
  static async start(kind, options = {}, { descriptors, env = {} } = {}) {
    const target = new Target();
    target.kind = kind;
    const execArgv = ['--expose-gc'];
    const settings = { execArgv, env: { ...process.env, ...env }, silent: true };
    if (descriptors !== undefined) {
      // A shell that lowers its limit and becomes Node.
      Object.assign(settings, { execPath: '/bin/sh' });
      settings.execArgv = [
        '-c',
        `ulimit -n ${descriptors}; exec "$0" --expose-gc "$@"`,
        process.execPath,
      ];
    }
    const child = fork(files[kind], [JSON.stringify(options)], settings);
    target.#child = child;
    child.stdout.resume();
    child.stderr.on('data', (chunk) => (target.stderr = (target.stderr + chunk).slice(-4000)));
    child.once('exit', (code, signal) => {
      target.exit = { code, signal };
      for (const { reject } of target.#questions.values()) reject(new Error('the server is gone'));
    });
    child.on('error', () => {});
    const started = once(child, 'message', { signal: AbortSignal.timeout(BOOT_LIMIT) });
    const [first] = await Promise.race([
      started,
      once(child, 'exit').then(() => {
        throw new Error(`the server did not start: ${target.stderr}`);
      }),
    ]);
    Object.assign(target, first);
    target.port = Number(new URL(target.url).port);
    child.on('message', ({ id, result, error }) => {
      const question = target.#questions.get(id);
      target.#questions.delete(id);
      if (error === undefined) question?.resolve(result);
      else question?.reject(new Error(error));
    });
    return target;
  }

  get pid() {
    return this.#child.pid;
  }

  get alive() {
    return this.exit === null;
  }

  /** What the process says to a command; rejects when it is gone or does not answer. */
  ask(command) {
    if (!this.alive) return Promise.reject(new Error('the server is gone'));
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer to "${command}" within ${ASK_LIMIT} ms`)),
        ASK_LIMIT,
      );
      const settle = (fn) => (value) => {
        clearTimeout(timer);
        fn(value);
      };
      this.#questions.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#child.send({ id, command });
    });
  }

  /** What it uses once there is no garbage left. */
  async rest() {
    await this.ask('gc').catch(() => {});
    return usage(this.pid);
  }

  /** Waits until it uses no more than that; resolves with what it uses then, or at the end of the time. */
  async settles({ rss, fds, threads }, limit = 30_000) {
    const until = Date.now() + limit;
    for (;;) {
      const now = await this.rest();
      const done = now === null || (now.rss <= rss && now.fds <= fds && now.threads <= threads);
      if (done || Date.now() > until) return now;
      await wait(500);
    }
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Resolves with how the process ended. */
  async ended(limit = STOP_LIMIT) {
    if (this.alive) await once(this.#child, 'exit', { signal: AbortSignal.timeout(limit) });
    return this.exit;
  }

  async stop() {
    if (!this.alive) return;
    this.ask('close').catch(() => {});
    try {
      await this.ended();
    } catch {
      this.signal('SIGKILL');
      await this.ended();
    }
  }
}
