import type { EntityMetrics } from '../../../types';
import type { EventStats, RoomStats, TrafficStats } from '../../shared/monitoring';
import type { Found } from './search';

/** Seconds of history that are kept. */
const HISTORY = 300;

/** Numbers by name; a map, as names are anybody's. */
export type Counts = Array<[name: string, count: number]>;

/** The events of one node, or of several. */
export interface Events {
  total: number;
  byType: Counts;
  /** Milliseconds since the epoch. */
  lastReset: number;
  perSecond: number;
  /** Events in each of the last seconds, oldest first; the current second is not in it. */
  history: number[];
  /** The second after the last of `history`, counted from the epoch. */
  second: number;
}

/** What nodes tell each other, each second: numbers, and the names of the fullest rooms. */
export interface Summary {
  /** Of any namespace. */
  connections: number;
  /** To the main namespace. */
  connected: number;
  namespaces: Counts;
  rooms: Found<RoomStats>;
  entitySubscriptions: { total: number; byContentType: Counts; rooms: string[] };
  events: Events;
  traffic: TrafficStats;
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The largest first. */
function addUp(parts: Counts[]): Counts {
  const all = new Map<string, number>();
  for (const [name, count] of parts.flat()) all.set(name, (all.get(name) ?? 0) + count);
  return [...all].sort(([, a], [, b]) => b - a);
}

/** Up to the second that all have told of, so that no second grows after it was shown. */
function mergeHistories(parts: Array<Pick<Events, 'history' | 'second'>>): number[] {
  const end = Math.min(...parts.map(({ second }) => second));
  const begin = Math.min(...parts.map(({ history, second }) => second - history.length));
  const length = Math.max(0, Math.min(end - begin, HISTORY));
  return Array.from({ length }, (_, index) => {
    const second = end - length + index;
    return sum(parts.map((part) => part.history[second - part.second + part.history.length] ?? 0));
  });
}

export function mergeEvents(parts: Events[]): Events {
  if (parts.length === 1) return parts[0];
  return {
    total: sum(parts.map(({ total }) => total)),
    byType: addUp(parts.map(({ byType }) => byType)),
    // A node that has come since has not been reset: it just had nothing to count before.
    lastReset: Math.min(...parts.map(({ lastReset }) => lastReset)),
    perSecond: sum(parts.map(({ perSecond }) => perSecond)),
    history: mergeHistories(parts),
    second: Math.min(...parts.map(({ second }) => second)),
  };
}

/**
 * A room that several nodes name is one room. Of those that are not named it cannot be known: they
 * are counted as many.
 */
export function mergeRooms(parts: Array<Found<RoomStats>>): Found<RoomStats> {
  if (parts.length === 1) return parts[0];
  const rooms = new Map<string, RoomStats>();
  for (const room of parts.flatMap(({ items }) => items)) {
    const members = (rooms.get(room.name)?.members ?? 0) + room.members;
    rooms.set(room.name, { ...room, members });
  }
  const unnamed = sum(parts.map(({ total, items }) => total - items.length));
  const items = [...rooms.values()].sort(
    (a, b) => b.members - a.members || (a.name < b.name ? -1 : 1),
  );
  return { total: items.length + unnamed, items };
}

const mergeTraffic = (parts: TrafficStats[]): TrafficStats => ({
  packetsIn: sum(parts.map(({ packetsIn }) => packetsIn)),
  packetsOut: sum(parts.map(({ packetsOut }) => packetsOut)),
  bytesIn: sum(parts.map(({ bytesIn }) => bytesIn)),
  bytesOut: sum(parts.map(({ bytesOut }) => bytesOut)),
  slowClosed: sum(parts.map(({ slowClosed }) => slowClosed)),
  refused: sum(parts.map(({ refused }) => refused)),
  limited: sum(parts.map(({ limited }) => limited)),
  clusterDropped: sum(parts.map(({ clusterDropped }) => clusterDropped)),
});

/** All nodes as if they were one. */
export function mergeSummaries(parts: Summary[]): Summary {
  if (parts.length === 1) return parts[0];
  const subscriptions = parts.map(({ entitySubscriptions }) => entitySubscriptions);
  return {
    connections: sum(parts.map(({ connections }) => connections)),
    connected: sum(parts.map(({ connected }) => connected)),
    namespaces: addUp(parts.map(({ namespaces }) => namespaces)),
    rooms: mergeRooms(parts.map(({ rooms }) => rooms)),
    entitySubscriptions: {
      total: sum(subscriptions.map(({ total }) => total)),
      byContentType: addUp(subscriptions.map(({ byContentType }) => byContentType)),
      rooms: [...new Set(subscriptions.flatMap(({ rooms }) => rooms))],
    },
    events: mergeEvents(parts.map(({ events }) => events)),
    traffic: mergeTraffic(parts.map((part) => part.traffic)),
  };
}

export const eventStats = ({ total, byType, lastReset, perSecond }: Events): EventStats => ({
  totalEvents: total,
  eventsByType: Object.fromEntries(byType),
  lastReset,
  eventsPerSecond: perSecond.toFixed(2),
});

export const entityMetrics = ({ entitySubscriptions }: Summary): EntityMetrics => ({
  ...entitySubscriptions,
  byContentType: Object.fromEntries(entitySubscriptions.byContentType),
});
