// A real `strapi transfer` in both directions, with clients connected to both applications.
import { push } from '../../plugin/support/transfer.mjs';
import { ReturningClients } from '../support/returning.mjs';
import { sample } from '../support/sampler.mjs';
import { Target } from '../support/target.mjs';
import { keepWriting, untilWritten, writeNote } from '../support/writer.mjs';

const NAMES = ['first', 'second'];

/** Pushes everything from one to the other, and looks at the clients of both. */
async function transfer(from, to) {
  const direction = `${from.name} to ${to.name}`;
  const found = [];
  const began = performance.now();
  await push(from.target.folder, {
    url: to.target.url,
    token: await to.target.ask('pushToken'),
  }).catch((error) => found.push(`${direction}: ${error.message.slice(-500)}`));
  const took = Math.round((performance.now() - began) / 1000);
  for (const { name, target, clients } of [from, to]) {
    if (!target.alive) return { found: [...found, `${name} ended: ${target.stderr}`], took };
    if ((await untilWritten(target.url)) === null) found.push(`${name}: REST did not come back`);
    if (!(await clients.back())) found.push(`${name}: only ${clients.connected} clients are there`);
    const heard = await clients.hears('note:create', () => writeNote(target.url));
    if (heard < clients.count) {
      found.push(`${direction}: only ${heard} of ${clients.count} of ${name} received an event`);
    }
  }
  return { found, took };
}

async function bothWays() {
  const targets = await Promise.all(NAMES.map(() => Target.start('strapi')));
  const parties = [];
  const writers = [];
  try {
    for (const [index, target] of targets.entries()) {
      const clients = await new ReturningClients(target.url, { clients: 50 }).connect();
      parties.push({ name: NAMES[index], target, clients });
    }
    const before = await Promise.all(targets.map((target) => target.rest()));
    const sampled = sample(targets[0].pid);
    for (const { url } of targets) writers.push(keepWriting(() => writeNote(url)));
    const faults = [];
    const notes = [];
    for (const [from, to] of [parties, [...parties].reverse()]) {
      const { found, took } = await transfer(from, to);
      faults.push(...found);
      notes.push(`${from.name} to ${to.name} in ${took} s`);
    }
    for (const [index, { name, clients }] of parties.entries()) {
      notes.push(`${name}: ${clients.summary()}; ${await writers[index].stop()}`);
      faults.push(...clients.faults().map((fault) => `${name}: ${fault}`));
      // What a transfer changes is not theirs: guests stay.
      if (clients.losses > 0) faults.push(`${name}: ${clients.losses} clients were disconnected`);
      await clients.stop();
    }
    const peak = sampled.stop();
    const after = [];
    for (const [index, { name, target }] of parties.entries()) {
      const { rss, fds, threads } = before[index];
      const limits = { rss: rss + 200, fds: fds + 10, threads: threads + 4 };
      after.push(await target.settles(limits));
      for (const [what, limit] of Object.entries(limits)) {
        const more = Math.round(after[index][what] - before[index][what]);
        if (after[index][what] > limit) faults.push(`${name}: ${more} more ${what}`);
      }
    }
    const result = { kind: 'strapi', before: before[0], peak, after: after[0] };
    return { faults, result, notes: notes.join('. ') };
  } finally {
    await Promise.all(writers.map((writer) => writer.stop()));
    await Promise.all(parties.map(({ clients }) => clients.stop()));
    await Promise.all(targets.map((target) => target.stop()));
  }
}

export const transfers = [
  { name: 'strapi transfer in both directions', run: bothWays, short: null },
];
