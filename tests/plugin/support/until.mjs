// For what no event tells of.
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE = 20;

/** Resolves when `holds()` is true, or resolves with true; fails after `limit` milliseconds. */
export async function until(what, holds, limit = 20_000) {
  for (const end = performance.now() + limit; !(await holds());) {
    if (performance.now() > end) throw new Error(`timed out: ${what}`);
    await sleep(PAUSE);
  }
}
