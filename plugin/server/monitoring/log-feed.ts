import type { EventLogEntry } from '../../shared/monitoring';
import { NODE_TIMEOUT } from './limits';
import type { LogBatch, Recorder } from './recorder';

/** What a node answers that asks for the log: up to `next`, where the batches go on. */
export interface LogHistory {
  node: string;
  entries: EventLogEntry[];
  next: number;
}

/** Gives the log of this node to others, in batches, while somebody watches there. */
export function createLogFeed(recorder: () => Recorder) {
  /** How far the log has been told; null while nobody follows it. */
  let told: number | null = null;
  /** Who has asked for the log is going to watch, and says so with its next summary. */
  let expectedUntil = 0;

  return {
    /** What has been logged since the last one; null if nobody wants to know. */
    batch(isWatched: boolean): LogBatch | null {
      if (!isWatched && performance.now() > expectedUntil) {
        told = null;
        return null;
      }
      told ??= recorder().endOfLog();
      const batch = recorder().logSince(told);
      told = batch.next;
      return batch;
    },

    /** The end of the log. For somebody who follows it, what comes with the next batch is left out. */
    history(node: string, limit: number, isFollowing: boolean, maxBytes: number): LogHistory {
      const end = recorder().endOfLog();
      if (!isFollowing) return { node, entries: recorder().log(limit, maxBytes), next: end };
      told ??= end;
      expectedUntil = performance.now() + NODE_TIMEOUT;
      const later = end - told;
      const entries = recorder().log(limit + later, maxBytes);
      // The log may have lost some of what comes with the batch, and all that was before.
      return { node, entries: entries.slice(0, Math.max(0, entries.length - later)), next: told };
    },
  };
}
