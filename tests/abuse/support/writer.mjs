// Writes over REST all the time, and how they fare.
import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from './victims.mjs';

const LIMIT = 30_000;

/** Creates one note; resolves with the status, 0 if there is no answer. */
export async function writeNote(url, text = 'note') {
  try {
    const response = await fetch(`${url}/api/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: { text } }),
      signal: AbortSignal.timeout(LIMIT),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** Resolves with the milliseconds until a write succeeds; null if none does in time. */
export async function untilWritten(url, limit = 60_000) {
  const began = performance.now();
  while (performance.now() - began < limit) {
    if ((await writeNote(url)) === 201) return Math.round(performance.now() - began);
    await wait(100);
  }
  return null;
}

/**
 * Writes again and again, with so many writers at a time; `write()` resolves with the status. `stop()` resolves with a
 * line of text.
 */
export function keepWriting(write, { every = 250, writers = 1 } = {}) {
  const took = [];
  const failed = {};
  let isStopped = false;
  const loop = async () => {
    while (!isStopped) {
      const began = performance.now();
      const status = await write();
      if (status === 201) took.push(performance.now() - began);
      else failed[status || 'no answer'] = (failed[status || 'no answer'] ?? 0) + 1;
      await wait(Math.max(0, every - (performance.now() - began)));
    }
  };
  const loops = Array.from({ length: writers }, loop);
  return {
    async stop() {
      isStopped = true;
      await Promise.all(loops);
      const failures = Object.entries(failed).map(([status, count]) => `${count} × ${status}`);
      const [p50, p99] = [0.5, 0.99].map((share) => Math.round(quantile(took, share)));
      const failing = failures.length === 0 ? 'none failed' : `failed: ${failures.join(', ')}`;
      return `${took.length} writes, p50 / p99 ${p50} / ${p99} ms, ${failing}`;
    },
  };
}
