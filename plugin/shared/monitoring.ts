/** What monitoring answers, on the server and over HTTP. */
export type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  RoomStats,
  SocketStats,
  TestEventResult,
  TrafficStats,
} from '../../types';
