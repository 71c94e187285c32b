// What the machine does: no descriptors left, a clock that jumps, Redis that goes away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFaketime } from '../../../scripts/lib/faketime.mjs';
import { freePort, startRedis } from '../../plugin/support/redis-server.mjs';
import { sample, usage } from '../support/sampler.mjs';
import { stillServes } from '../support/siege.mjs';
import { Target } from '../support/target.mjs';
import { Victims, quantile } from '../support/victims.mjs';

const IMPATIENT = { pingInterval: 500, pingTimeout: 1500 };

/** Clients that talk to a server to which something happens; resolves with the same as a siege, in part. */
async function beside(target, { clients = 20, happen }) {
  const victims = await new Victims(target, { clients }).connect();
  victims.start();
  await wait(1000);
  const before = usage(target.pid);
  const sampled = sample(target.pid);
  await happen();
  const { echoes, lost, failures } = await victims.stop();
  const found = [];
  if (!target.alive) found.push(`the server ended: ${target.stderr}`);
  else if (!(await stillServes(target))) found.push('clients that came afterwards were not served');
  if (lost.length > 0)
    found.push(`${lost.length} clients were disconnected: ${[...new Set(lost)]}`);
  if (failures.echo > 0) found.push(`${failures.echo} echoes never came`);
  return {
    found,
    result: { kind: 'strapi', before, peak: sampled.stop(), after: await target.rest() },
    numbers: `${echoes.length} echoes, p99 ${Math.round(quantile(echoes, 0.99))} ms`,
  };
}

/** The clock is set forward by a day, back by two, and to what it was. */
async function clock() {
  const folder = mkdtempSync(path.join(tmpdir(), 'abuse-clock-'));
  const file = path.join(folder, 'offset');
  const set = (offset) => writeFileSync(file, `${offset}\n`);
  set('+0');
  const target = await Target.start(
    'strapi',
    { config: { socket: { serverOptions: IMPATIENT } } },
    {
      env: {
        LD_PRELOAD: findFaketime(),
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    },
  );
  const drift = async () => {
    const { date } = Object.fromEntries((await fetch(`${target.url}/api/notes`)).headers);
    return Math.round((Date.parse(date) - Date.now()) / 3_600_000);
  };
  try {
    const seen = [];
    const { found, result, numbers } = await beside(target, {
      async happen() {
        for (const offset of ['+1d', '-1d', '+0']) {
          set(offset);
          // Longer than a client may be silent.
          await wait(IMPATIENT.pingInterval + IMPATIENT.pingTimeout + 500);
          seen.push(await drift());
        }
      },
    });
    if (seen[0] < 20 || seen[1] > -20) found.push(`the clock did not jump: ${seen} hours`);
    return { faults: found, result, notes: `the clock jumped to ${seen} hours; ${numbers}` };
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Redis goes away under load and comes back. */
async function redis() {
  const port = await freePort();
  let server = await startRedis(port);
  const url = `redis://:hush@127.0.0.1:${port}`;
  const target = await Target.start('strapi', { config: { redis: { enabled: true, url } } });
  try {
    const { found, result, numbers } = await beside(target, {
      clients: 50,
      async happen() {
        for (let round = 0; round < 3; round += 1) {
          await server.kill();
          await wait(5000);
          server = await startRedis(port);
          await wait(5000);
        }
      },
    });
    return { faults: found, result, notes: `Redis was killed and started 3 times; ${numbers}` };
  } finally {
    await target.stop();
    await server.kill();
  }
}

export const environment = [
  {
    name: 'no descriptors left',
    attack: ['connections', 'comeAndGo'],
    // More connections at a time than the process may have descriptors.
    short: { count: 600, atATime: 300, hold: 1000 },
    long: { count: 20_000, atATime: 500, hold: 1000 },
    process: { descriptors: 150 },
    // REST requests of clients without a connection cannot get in.
    restMayFail: true,
    // What Strapi needs to open for its answers may be missing as well.
    check: ({ state }) => (state.logBytes > 200_000 ? [`${state.logBytes} bytes were logged`] : []),
  },
  {
    name: 'the clock jumps',
    run: clock,
    skip: () => findFaketime() === null && 'libfaketime is not installed (Debian: libfaketime)',
  },
  { name: 'Redis is killed and started again', run: redis, short: null },
];
