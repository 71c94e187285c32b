// `strapi develop` reloads when files change, while clients are connected and somebody floods the server.
import { readdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { develop as startDevelop } from '../../plugin/support/develop.mjs';
import { attack } from '../support/attack.mjs';
import { ReturningClients } from '../support/returning.mjs';
import { usage } from '../support/sampler.mjs';

const NOTE = 'api::note.note';
const note = {
  kind: 'collectionType',
  collectionName: 'notes',
  info: { singularName: 'note', pluralName: 'notes', displayName: 'note' },
  options: { draftAndPublish: false },
  attributes: { text: { type: 'string' } },
};
const RELOADS = 6;
const SETTLE_LIMIT = 60_000;
const FLOOD = { connections: 2, seconds: 5, reopen: true };
const ATTACKS = [
  [['messages', 'smallEvents'], { ...FLOOD, text: '421["get-rooms"]' }],
  [['frames', 'pongs'], FLOOD],
  [['messages', 'oddities'], { seconds: FLOOD.seconds }],
];

/** The processes that this one has started. */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${child}/stat`, 'utf8'));
        return Number(parent) === pid;
      } catch {
        return false;
      }
    });
}

/** Changes a file, and waits until another worker serves and all clients are back. */
async function reload({ app, clients }, number) {
  const [old] = childrenOf(app.pid);
  const { losses } = clients;
  const file = path.join(app.folder, 'src/api/note/services/note.js');
  await appendFile(file, `// Change ${number}\n`);
  const began = performance.now();
  await app.until('the reload', () => {
    const workers = childrenOf(app.pid);
    return workers.length === 1 && workers[0] !== old;
  });
  await app.until('all clients back', () => clients.losses > losses && clients.back(1000));
  const took = Math.round(performance.now() - began);
  // What a worker does after its start.
  await wait(1000);
  return { took, usage: usage(childrenOf(app.pid)[0]) };
}

/** The attacks, again and again until `stop()`, which resolves with what was sent. */
function keepAttacking(target) {
  let isStopped = false;
  const loops = ATTACKS.map(async ([which, parameters]) => {
    const total = {};
    while (!isStopped) {
      const sent = await attack(which, target, parameters);
      for (const [name, value] of Object.entries(sent)) total[name] = (total[name] ?? 0) + value;
    }
    return `${Math.round(total.messages)} messages of ${which[1]}`;
  });
  return {
    async stop() {
      isStopped = true;
      return (await Promise.all(loops)).join(', ');
    },
  };
}

/** What the last worker uses beyond the first one. */
function growth(first, last) {
  const limits = { rss: [150, 'MB'], fds: [40, 'descriptors'], threads: [4, 'threads'] };
  return Object.entries(limits)
    .filter(([name, [limit]]) => last[name] > first[name] + limit)
    .map(([name, [, what]]) => `${Math.round(last[name] - first[name])} more ${what}`);
}

/** Until nothing has grown, as far as it ever happens: connections that clients gave up end by themselves. */
async function settled(pid, first) {
  const until = Date.now() + SETTLE_LIMIT;
  for (;;) {
    const now = usage(pid);
    if (growth(first, now).length === 0 || Date.now() > until) return now;
    await wait(500);
  }
}

async function reloads() {
  const app = await startDevelop(
    { contentTypes: [NOTE] },
    { isWatched: true, ownTypes: false, types: { note } },
  );
  const clients = new ReturningClients(app.url, { clients: 50, echo: ['get-rooms'] });
  const attacks = keepAttacking({ port: Number(new URL(app.url).port) });
  let sent;
  try {
    await clients.connect();
    const primary = usage(app.pid);
    const rounds = [];
    for (let number = 1; number <= RELOADS; number += 1) {
      rounds.push(await reload({ app, clients }, number));
    }
    sent = await attacks.stop();
    const workers = childrenOf(app.pid);
    const first = rounds[0].usage;
    const last = await settled(workers[0], first);
    const faults = growth(first, last);
    if (workers.length !== 1) faults.push(`${workers.length} workers are left`);
    const grown = usage(app.pid).rss - primary.rss;
    if (grown > 50) faults.push(`${Math.round(grown)} more MB in the primary process`);
    faults.push(...clients.faults());
    const times = rounds.map(({ took }) => took);
    return {
      faults,
      result: { kind: 'strapi', before: first, after: last },
      notes:
        `${RELOADS} reloads, all clients back after ${Math.min(...times)} to ${Math.max(...times)} ms; ` +
        `${clients.summary()}; ${sent}`,
    };
  } finally {
    await clients.stop();
    if (sent === undefined) await attacks.stop().catch(() => {});
    await app.close();
  }
}

export const develop = [{ name: 'strapi develop reloads on changes', run: reloads, short: null }];
