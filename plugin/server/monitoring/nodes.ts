import { MAX_NODES, NODE_TIMEOUT } from './limits';
import type { Summary } from './summary';

interface Known {
  summary: Summary;
  isWatching: boolean;
  heardAt: number;
}

/** The other nodes, as they last spoke of themselves; those that are silent for too long are gone. */
export function createNodes() {
  const known = new Map<string, Known>();

  const live = (): Known[] => {
    const oldest = performance.now() - NODE_TIMEOUT;
    for (const [name, { heardAt }] of known) if (heardAt < oldest) known.delete(name);
    return [...known.values()];
  };

  return {
    /** Whether the node was not known. */
    heard(name: string, summary: Summary, isWatching: boolean): boolean {
      const others = live().length;
      const isNew = !known.has(name);
      if (isNew && others >= MAX_NODES) return false;
      known.set(name, { summary, isWatching, heardAt: performance.now() });
      return isNew;
    },

    left: (name: string): void => void known.delete(name),

    summaries: (): Summary[] => live().map(({ summary }) => summary),

    /** Whether anybody watches on another node. */
    isWatched: (): boolean => live().some(({ isWatching }) => isWatching),

    isAlone: (): boolean => live().length === 0,

    /** Until they speak again. */
    forgetEvents(): void {
      for (const { summary } of known.values()) {
        const { second } = summary.events;
        const lastReset = Date.now();
        summary.events = { total: 0, byType: [], lastReset, perSecond: 0, history: [], second };
      }
    },

    clear: (): void => known.clear(),
  };
}
