import type { EventLogEntry } from '../../shared/monitoring';
import { MAX_BATCH } from './limits';
import type { LogHistory } from './log-feed';
import type { LogBatch } from './recorder';

/** In the order of time: those of one node are already. */
export const inOrder = (entries: EventLogEntry[]): EventLogEntry[] =>
  entries.sort((a, b) => a.timestamp - b.timestamp);

/** Follows the logs of the other nodes, as long as somebody watches here. */
export function createLogFollower(ask: () => Promise<LogHistory[]>) {
  let followers = 0;
  let started: Promise<void> | undefined;
  /** Batches that came before the histories which they continue. */
  let early: Array<[node: string, batch: LogBatch]> | null = null;
  let recent: EventLogEntry[] = [];
  let fresh: EventLogEntry[] = [];
  let dropped = 0;

  const add = ({ entries, dropped: missing }: LogBatch): void => {
    recent = inOrder([...recent, ...entries]).slice(-MAX_BATCH);
    const all = inOrder([...fresh, ...entries]);
    fresh = all.slice(-MAX_BATCH);
    dropped += missing + all.length - fresh.length;
  };

  const begin = async (): Promise<void> => {
    const batches: NonNullable<typeof early> = [];
    early = batches;
    const histories = await ask();
    // Nobody watches any more, or somebody else has begun to.
    if (early !== batches) return;
    early = null;
    recent = inOrder(histories.flatMap(({ entries }) => entries)).slice(-MAX_BATCH);
    const ends = new Map(histories.map(({ node, next }) => [node, next]));
    for (const [node, batch] of batches) if (batch.next > (ends.get(node) ?? 0)) add(batch);
  };

  return {
    isFollowing: (): boolean => followers > 0,

    /** Resolves when the logs are there, as far as they can be had. Each is undone by `unfollow`. */
    follow(): Promise<void> {
      followers += 1;
      started ??= begin();
      return started;
    },

    unfollow(): void {
      followers -= 1;
      if (followers > 0) return;
      started = undefined;
      early = null;
      recent = [];
      fresh = [];
      dropped = 0;
    },

    heard(node: string, batch: LogBatch): void {
      if (followers === 0) return;
      if (early === null) add(batch);
      else early.push([node, batch]);
    },

    /** The last entries, with those that are fresh. */
    recent: (): EventLogEntry[] => recent,

    /** What has come since the last call. */
    take(): Omit<LogBatch, 'next'> {
      const taken = { entries: fresh, dropped };
      fresh = [];
      dropped = 0;
      return taken;
    },
  };
}
