// The database goes away under load and comes back: cut off as when it is restarted, or silent as when it hangs.
import { setTimeout as wait } from 'node:timers/promises';
import { createDatabase } from '../../plugin/support/databases.mjs';
import { startProxy } from '../support/proxy.mjs';
import { ReturningClients } from '../support/returning.mjs';
import { sample } from '../support/sampler.mjs';
import { Target } from '../support/target.mjs';
import { keepWriting, untilWritten, writeNote } from '../support/writer.mjs';

/** Of `security.accessCheckInterval`: until then sockets stay whose access cannot be checked. */
const INTERVAL = 10_000;
const USERS = 20;
const WRITERS = 5;

/** Short ones nobody notices; in long ones the interval runs out for users. */
const OUTAGES = [
  { how: 'cut', milliseconds: 1000 },
  { how: 'silence', milliseconds: 1000 },
  { how: 'cut', milliseconds: 2 * INTERVAL, isLong: true },
  { how: 'silence', milliseconds: 2 * INTERVAL, isLong: true },
];

async function outage({ how, milliseconds, isLong }, { target, proxy, users, guests }) {
  const found = [];
  const name = `${how} for ${milliseconds / 1000} s`;
  const before = users.losses;
  // As with the writers: what Strapi reads after the last write has to be over.
  await wait(1000);
  await proxy[how]();
  await wait(milliseconds);
  const [lost, others] = [users.losses - before, guests.connected];
  await proxy.restore();
  if (!target.alive) throw new Error(`${name}: the server ended: ${target.stderr}`);
  if (isLong && lost < USERS) {
    found.push(`${name}: ${USERS - lost} users stayed whose access could not be checked`);
  }
  if (!isLong && lost > 0) found.push(`${name}: ${lost} users were disconnected`);
  const written = await untilWritten(target.url);
  if (written === null) found.push(`${name}: REST did not come back`);
  for (const clients of [users, guests]) {
    if (!(await clients.back())) {
      found.push(`${name}: only ${clients.connected} of ${clients.count} clients came back`);
    }
    const heard = await clients.hears('note:create', () => writeNote(target.url));
    if (heard < clients.count) {
      found.push(`${name}: only ${heard} of ${clients.count} clients received an event afterwards`);
    }
  }
  const notes = `${name}: ${lost} of ${USERS} users ended, ${others} guests connected, writes again ${written} ms after it`;
  return { found, notes };
}

const run = (client) => async () => {
  const database = await createDatabase(client);
  if (database === null) return { skipped: `no ${client} answers` };
  const { connection } = database.config.connection;
  const proxy = await startProxy(connection);
  Object.assign(connection, { host: proxy.host, port: proxy.port });
  let target;
  const parties = [];
  let writer;
  try {
    target = await Target.start('strapi', {
      config: { security: { accessCheckInterval: INTERVAL } },
      application: { database: database.config },
    });
    const { jwt } = await target.ask('user');
    const options = { auth: { token: jwt } };
    const users = await new ReturningClients(target.url, { clients: USERS, options }).connect();
    parties.push(users);
    const guests = await new ReturningClients(target.url).connect();
    parties.push(guests);
    const before = await target.rest();
    const sampled = sample(target.pid);
    // Not over REST, nor with the Document Service: a connection that is lost just after the commit of theirs ends
    // Strapi, with or without plugins, as it does not catch the error of reading the entry for its own event hub.
    const write = () =>
      target.ask('write').then(
        () => 201,
        () => 'error',
      );
    writer = keepWriting(write, { every: 100, writers: WRITERS });
    const faults = [];
    const notes = [];
    for (const one of OUTAGES) {
      const ended = await outage(one, { target, proxy, users, guests });
      faults.push(...ended.found);
      notes.push(ended.notes);
    }
    notes.push(await writer.stop());
    for (const [name, clients] of Object.entries({ users, guests })) {
      notes.push(`${name}: ${clients.summary()}`);
      faults.push(...clients.faults().map((fault) => `${name}: ${fault}`));
      await clients.stop();
    }
    const peak = sampled.stop();
    const limits = { rss: before.rss + 150, fds: before.fds + 10, threads: before.threads + 4 };
    const after = await target.settles(limits);
    for (const [what, limit] of Object.entries(limits)) {
      if (after[what] > limit)
        faults.push(`${what}: ${Math.round(after[what] - before[what])} more`);
    }
    const { logBytes } = await target.ask('state');
    if (logBytes > 500_000) faults.push(`${logBytes} bytes were logged`);
    notes.push(`${Math.round(logBytes / 1000)} KB of log`);
    return { faults, result: { kind: 'strapi', before, peak, after }, notes: notes.join('. ') };
  } finally {
    await writer?.stop();
    await Promise.all(parties.map((clients) => clients.stop()));
    await target?.stop();
    await proxy.close();
    await database.drop();
  }
};

export const database = [
  { name: 'PostgreSQL is stopped, hangs, and comes back', run: run('postgres'), short: null },
  { name: 'MariaDB is stopped, hangs, and comes back', run: run('mysql'), short: null },
];
