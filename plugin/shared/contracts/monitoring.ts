/**
 * The monitoring page: its endpoints under `/io`, and what it is told over Socket.IO. All of it is of
 * all nodes; of one that does not answer within three seconds, nothing.
 */
import type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  RoomStats,
  SocketStats,
  TestEventResult,
  TrafficStats,
} from '../monitoring';
import type { PresenceUser } from './presence';

/** GET /io/stats */
export interface GetStats {
  Response: { data: { connections: ConnectionStats; events: EventStats } };
}

/** GET /io/monitoring/stats: cheap enough to be asked every few seconds. */
export interface GetMonitoringStats {
  Response: {
    data: {
      connections: { connected: number; rooms: number; entitySubscriptions: number };
      events: EventStats;
      /** Events per second since the last reset; `events.eventsPerSecond` is over the last ten seconds. */
      averagePerSecond: number;
      traffic: TrafficStats;
      /** Events in each of the last seconds (at most 300), oldest first. */
      history: number[];
      redis: { enabled: boolean; connected: boolean };
      /** Milliseconds since the epoch. */
      timestamp: number;
    };
  };
}

/** GET /io/event-log?limit=100, oldest first. */
export interface GetEventLog {
  Response: { data: EventLogEntry[] };
}

/** POST /io/test-event */
export interface SendTestEvent {
  Request: { eventName?: string; data?: Record<string, unknown> };
  Response: { data: TestEventResult };
}

/** POST /io/reset-stats */
export interface ResetStats {
  Response: { data: EventStats };
}

/** POST /io/sockets/:id/disconnect, on whichever node; status 404 if there is no such socket. */
export interface DisconnectSocket {
  Request: { reason?: string };
  Response: { data: { id: string } };
}

/*
 * Over Socket.IO, for admins connected with the strategy `admin-jwt` who hold `monitoring.read`.
 */

/** What is sent every second: `monitoring:stats`. */
export type MonitoringSnapshot = GetMonitoringStats['Response']['data'];

/**
 * Server event `monitoring:log`: what was logged since the last one, oldest first. A reset (another
 * `events.lastReset` in the statistics) empties the log.
 */
export interface MonitoringLog {
  /** At most 100. */
  entries: EventLogEntry[];
  /** How many more there were, for which there was no room. */
  dropped: number;
}

/** Server event `monitoring:ended`: nothing more is told to this admin, who may not read it any more. */
export interface MonitoringEnded {
  error: string;
}

/** A socket, as the monitoring page lists it. */
export interface MonitoredSocket extends SocketStats {
  transport: 'websocket' | 'polling';
  /** Milliseconds since the epoch. */
  connectedAt: number;
  /** Who it is, if it is an admin's panel. */
  admin: PresenceUser | null;
  /** Which node has it; null without an adapter. */
  node: string | null;
}

/** What to list: at most 100 a page; pages count from 1; the search is part of a name, in any case. */
export interface ListRequest {
  search?: string;
  page: number;
  pageSize: number;
}

export interface Pagination {
  page: number;
  pageSize: number;
  pageCount: number;
  total: number;
}

export type MonitoringAck<T> = ({ success: true } & T) | { success: false; error: string };

/** The acknowledgements by client event. */
export interface MonitoringAcks {
  /** Starts `monitoring:stats` and `monitoring:log`; answers with how things stand. */
  'monitoring:watch': MonitoringAck<{ stats: MonitoringSnapshot; log: EventLogEntry[] }>;
  'monitoring:unwatch': MonitoringAck<object>;
  /**
   * Takes a `ListRequest`; the search goes over ids, addresses, users, admins and rooms. Node by
   * node, the longest connected first.
   */
  'monitoring:sockets': MonitoringAck<{ sockets: MonitoredSocket[]; pagination: Pagination }>;
  /**
   * Takes a `ListRequest`; the search goes over names. Fullest first; where there are several nodes, of
   * each its 1,000 fullest.
   */
  'monitoring:rooms': MonitoringAck<{ rooms: RoomStats[]; pagination: Pagination }>;
  /** Takes nothing. */
  'monitoring:subscriptions': MonitoringAck<{
    total: number;
    byContentType: Record<string, number>;
  }>;
}
