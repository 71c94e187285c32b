// One attack on one server with ordinary clients beside it, in numbers.
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from './attack.mjs';
import { sample } from './sampler.mjs';
import { Victims, quantile } from './victims.mjs';

/** What a server may keep of an attack, in MB: allocators do not return everything, and Strapi has caches. */
const KEPT_MEMORY = 150;
/** What a server may take during an attack, in MB. */
const TAKEN_MEMORY = 400;
/** Connections of the keep-alive of REST clients, a thread of a pool. */
const KEPT_DESCRIPTORS = 40;
const KEPT_THREADS = 4;

const numbers = ({ echoes, rest, events, failures, lost }) => ({
  echoes: echoes.length,
  echo50: quantile(echoes, 0.5),
  echo99: quantile(echoes, 0.99),
  rest50: quantile(rest, 0.5),
  rest99: quantile(rest, 0.99),
  event99: quantile(events, 0.99),
  failures,
  lost,
});

/**
 * Measures victims for a moment, attacks (`attack` is `[module, name]`, `parameters` are for it), and waits until the
 * server has returned what it took. `prepare(target, parameters)` may resolve with further `parameters` and with `stop()`,
 * which ends what it has begun and resolves with `{ numbers, faults }`.
 */
export async function siege(
  target,
  {
    attack: which,
    parameters,
    victims: victimOptions,
    prepare,
    quiet = 400,
    settle = 30_000,
    kept = {},
  },
) {
  const prepared = await prepare?.(target, parameters);
  const victims = await new Victims(target, victimOptions).connect();
  victims.start();
  await wait(quiet);
  const calm = numbers(victims.take());
  const before = await target.rest();
  const sampled = sample(target.pid);
  let sent;
  let error;
  try {
    sent = await attack(which, target, { ...parameters, ...prepared?.parameters });
  } catch (failure) {
    error = failure;
  }
  const during = numbers(await victims.stop());
  const beside = target.alive ? await prepared?.stop() : undefined;
  const peak = sampled.stop();
  if (error !== undefined) throw error;
  const after = await target.settles(
    {
      rss: before.rss + (kept.rss ?? KEPT_MEMORY),
      fds: before.fds + (kept.fds ?? KEPT_DESCRIPTORS),
      threads: before.threads + (kept.threads ?? KEPT_THREADS),
    },
    settle,
  );
  const answers = target.alive && (await stillServes(target));
  const state = target.alive ? await target.ask('state').catch(() => null) : null;
  return {
    kind: target.kind,
    sent: { ...sent, ...beside?.numbers },
    beside,
    calm,
    during,
    before,
    peak,
    after,
    answers,
    state,
    exit: target.exit,
  };
}

/** Whether a client that comes afterwards is served. */
export async function stillServes(target) {
  try {
    const victims = await new Victims(target, { clients: 1, echoEvery: 10 }).connect();
    victims.start();
    await wait(200);
    const { echoes, rest } = await victims.stop();
    return echoes.length > 0 && rest.length > 0;
  } catch {
    return false;
  }
}

/** What is wrong with what came out, as lines of text; none if the server has done what it must. */
export function faults(result, { lost = 0, kept = {}, taken = TAKEN_MEMORY, restMayFail } = {}) {
  const { during, before, peak, after, exit, answers } = result;
  if (exit !== null) return [`the server ended: ${JSON.stringify(exit)}`];
  const found = [...(result.beside?.faults ?? [])];
  if (!answers) found.push('clients that came afterwards were not served');
  if (during.lost.length > lost) {
    found.push(`${during.lost.length} victims were disconnected: ${[...new Set(during.lost)]}`);
  }
  if (during.echoes === 0) found.push('victims got no echo');
  if (peak.rss - before.rss > taken) {
    found.push(`it took ${Math.round(peak.rss - before.rss)} MB of memory`);
  }
  const { echo, rest } = during.failures;
  if (echo > 0) found.push(`${echo} echoes never came`);
  if (rest > 0 && !restMayFail) found.push(`${rest} REST requests failed`);
  const limits = {
    rss: [KEPT_MEMORY, 'MB of memory'],
    fds: [KEPT_DESCRIPTORS, 'descriptors'],
    threads: [KEPT_THREADS, 'threads'],
  };
  for (const [name, [limit, what]] of Object.entries(limits)) {
    const more = after[name] - before[name];
    if (more > (kept[name] ?? limit)) found.push(`${Math.round(more)} ${what} were not returned`);
  }
  if (result.state?.polluted > 0) found.push('Object.prototype was changed');
  return found;
}
