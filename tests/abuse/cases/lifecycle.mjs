// The process itself: signals under load, and starting and stopping again and again.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../support/attack.mjs';
import { usage } from '../support/sampler.mjs';
import { Target } from '../support/target.mjs';
import { Victims } from '../support/victims.mjs';

const EXIT_LIMIT = 20_000;

/** SIGTERM while clients talk and somebody floods: the process ends by itself, and clients are told. */
async function sigterm({ size }) {
  const clients = size === 'long' ? 500 : 50;
  const target = await Target.start('strapi');
  try {
    const victims = await new Victims(target, { clients }).connect();
    const flood = { connections: 4, seconds: EXIT_LIMIT / 1000, text: '421["echo"]' };
    const attacking = attack(['messages', 'smallEvents'], target, flood).catch(() => {});
    victims.start();
    await wait(1000);
    const before = usage(target.pid);
    const began = performance.now();
    target.signal('SIGTERM');
    const exit = await target.ended(EXIT_LIMIT).catch(() => null);
    const took = performance.now() - began;
    if (exit === null) target.signal('SIGKILL');
    // The close of the last connections may be on its way.
    await wait(500);
    const { lost } = victims.take();
    void victims.stop();
    await attacking;
    const found = [];
    if (exit === null) found.push(`did not end within ${EXIT_LIMIT} ms`);
    else if (exit.code !== 0) found.push(`ended with ${exit.signal ?? exit.code}`);
    if (lost.length !== clients) found.push(`${lost.length} of ${clients} clients saw the end`);
    return {
      faults: found,
      result: { kind: 'strapi', before },
      notes: `${clients} clients, 4 floods; ended after ${Math.round(took)} ms; clients: ${[...new Set(lost)]}`,
    };
  } finally {
    if (target.alive) await target.stop();
  }
}

/** Boots and destroys in one process: descriptors, threads and memory do not grow. */
async function cycles({ size }) {
  const count = size === 'long' ? 20 : 3;
  const child = fork(new URL('../support/cycles.mjs', import.meta.url), [String(count)], {
    execArgv: ['--expose-gc'],
    silent: true,
  });
  child.stdout.resume();
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-2000)));
  const rounds = [];
  child.on('message', (round) => rounds.push(round));
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(count * 60_000) });
  if (code !== 0 || rounds.length !== count) {
    return { faults: [`ended with ${code} after ${rounds.length}: ${stderr}`], notes: 'failed' };
  }
  // The first ones load modules and fill caches.
  const [first, last] = [rounds[Math.min(4, count - 2)], rounds.at(-1)];
  const found = [];
  if (last.fds > first.fds + 2) found.push(`${last.fds - first.fds} descriptors were left`);
  if (last.threads > first.threads) found.push(`${last.threads - first.threads} threads were left`);
  // Strapi keeps some MB of each of its lives itself.
  const each = (last.rss - first.rss) / (count - 1 - rounds.indexOf(first));
  if (each > 30) found.push(`${Math.round(each)} MB were left by each round`);
  return {
    faults: found,
    result: { kind: 'strapi', before: first, after: last },
    notes: `${count} rounds of boot, 20 clients, destroy; ${each.toFixed(1)} MB a round`,
  };
}

export const lifecycle = [
  { name: 'SIGTERM under load', run: sigterm },
  { name: 'boot and destroy in one process', run: cycles },
];
