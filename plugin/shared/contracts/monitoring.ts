/** The monitoring page's endpoints under `/io`. */
import type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  TestEventResult,
  TrafficStats,
} from '../monitoring';

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

/** POST /io/sockets/:id/disconnect; status 404 if there is no such socket. */
export interface DisconnectSocket {
  Request: { reason?: string };
  Response: { data: { id: string } };
}
