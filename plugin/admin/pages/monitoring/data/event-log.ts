/** The event log as the page keeps it: bounded, newest first, and honest about what is missing. */
import type { EventLogEntry } from '../../../../shared/monitoring';

/** More are not kept in the page. */
export const MAX_ITEMS = 500;

/** An entry, or how many there was no room for between its neighbours. */
export type LogItem =
  { id: number; entry: EventLogEntry } | { id: number; dropped: number; timestamp: number };

export interface EventLog {
  /** Newest first. */
  items: LogItem[];
  /** How many items have come, kept or not: ids are counted by it. */
  received: number;
  /** Whether older items had to go. */
  overflown: boolean;
  /** Whether the log as it stands has come from the server. */
  loaded: boolean;
}

export type EventLogAction =
  /** What has happened since the last time, oldest first. */
  | { type: 'append'; entries: EventLogEntry[]; dropped: number }
  /** The server's log, oldest first: some of it may be known. */
  | { type: 'merge'; entries: EventLogEntry[] }
  /** The statistics were reset at that time, and the log with them. */
  | { type: 'reset'; at: number };

export const emptyLog: EventLog = { items: [], received: 0, overflown: false, loaded: false };

const timeOf = (item: LogItem): number => ('entry' in item ? item.entry.timestamp : item.timestamp);

/** Those that came after all that is known. Entries of one millisecond are told apart by their number. */
function unknown(items: LogItem[], entries: EventLogEntry[]): EventLogEntry[] {
  const known = items.filter((item) => 'entry' in item);
  if (known.length === 0) return entries;
  const last = timeOf(known[0]);
  let same = known.filter((item) => timeOf(item) === last).length;
  return entries.filter(({ timestamp }) => {
    if (timestamp !== last) return timestamp > last;
    same -= 1;
    return same < 0;
  });
}

function append(log: EventLog, entries: EventLogEntry[], dropped: number): EventLog {
  let { received } = log;
  const fresh: LogItem[] = [];
  // The newest of a burst have come.
  if (dropped > 0) {
    const timestamp = entries[0]?.timestamp ?? Date.now();
    fresh.push({ id: (received += 1), dropped, timestamp });
  }
  for (const entry of entries) fresh.push({ id: (received += 1), entry });
  const items = [...fresh.reverse(), ...log.items];
  return {
    items: items.slice(0, MAX_ITEMS),
    received,
    overflown: log.overflown || items.length > MAX_ITEMS,
    loaded: true,
  };
}

export function eventLogReducer(log: EventLog, action: EventLogAction): EventLog {
  switch (action.type) {
    case 'append':
      return append(log, action.entries, action.dropped);
    case 'merge': {
      const fresh = unknown(log.items, action.entries);
      return fresh.length === 0 && log.loaded ? log : append(log, fresh, 0);
    }
    case 'reset':
      return {
        ...log,
        items: log.items.filter((item) => timeOf(item) >= action.at),
        overflown: false,
      };
  }
}
