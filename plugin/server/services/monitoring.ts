import type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  RoomStats,
  SocketStats,
  TestEventResult,
  TrafficStats,
} from '../../shared/monitoring';
import type { Settings } from '../../shared/settings';
import type { ServiceContext, SocketIOSocket } from '../types';
import { isEntityRoom, isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { createRedactor } from '../utils/redact';

/** What has to do with connections; everything else is an event. */
const CONNECTION_TYPES = new Set(['connect', 'disconnect', 'forced-disconnect', 'refused']);

/** Fields of the query that are the protocol's; `sid` is as good as a password to a session. */
const PROTOCOL_QUERY = new Set(['EIO', 'transport', 't', 'sid', 'b64', 'j']);

/** An answer of the monitoring names no more sockets and rooms than this. */
const MAX_LISTED = 1000;

/** engine.io's code for a request that was understood and not allowed. */
const FORBIDDEN = 4;

/** A refused request, as `io.engine` tells of it. */
interface ConnectionError {
  req?: { socket?: { remoteAddress?: string } };
  code: number;
  message: string;
  /** `reason`: the engine's, `message`: what `allowRequest` said. */
  context?: { reason?: unknown; message?: unknown };
}

/** Counters and log of the engine, and who is connected. Nothing secret enters either. */
export function createMonitoringService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const redact = createRedactor(config.sensitiveFields);
  const settings = (): Settings['monitoring'] =>
    getService(strapi, 'settings').current().monitoring;
  const server = () => getService(strapi, 'server');
  const namespace = () => server().io().of('/');
  let stopWatching: (() => void) | null = null;

  const isLogged = (type: string): boolean =>
    CONNECTION_TYPES.has(type) ? settings().enableConnectionLogging : settings().enableEventLogging;

  const logEvent = (type: string, data?: unknown): void => {
    if (typeof type !== 'string' || type === '') {
      throw new Error(`plugin io: logEvent: type ${JSON.stringify(type)} is not a name`);
    }
    // Nothing to count for before the server is there and after it has gone.
    const engine = server().engine();
    if (engine === undefined) return;
    const logged = isLogged(type);
    engine.recordEvent(type.slice(0, 200), logged ? redact.text(data) : 'null', logged);
  };

  const userOf = ({ user }: SocketIOSocket): SocketStats['user'] =>
    user == null ? null : { id: user.id, username: user.username };

  const handshakeOf = ({ handshake }: SocketIOSocket): SocketStats['handshake'] => {
    const own = Object.entries(handshake.query).filter(([key]) => !PROTOCOL_QUERY.has(key));
    const query = redact.value(Object.fromEntries(own)) as Record<string, unknown>;
    return { address: handshake.address, time: handshake.time, query };
  };

  const visible = (room: string, own: string): boolean => room !== own && !isInternalRoom(room);

  const describe = (socket: SocketIOSocket): SocketStats => ({
    id: socket.id,
    connected: socket.connected,
    rooms: [...socket.rooms].filter((room) => visible(room, socket.id)),
    entitySubscriptions: getService(strapi, 'subscriptions').list(socket),
    handshake: handshakeOf(socket),
    user: userOf(socket),
  });

  const rooms = (): RoomStats[] => {
    const { adapter } = namespace();
    const all: RoomStats[] = [];
    for (const [name, members] of adapter.rooms) {
      if (all.length >= MAX_LISTED) break;
      if (isInternalRoom(name) || adapter.sids.has(name)) continue;
      all.push({ name, members: members.size, isEntityRoom: isEntityRoom(name) });
    }
    return all;
  };

  const onConnection = (socket: SocketIOSocket): void => {
    const about = { socketId: socket.id, user: userOf(socket) };
    logEvent('connect', { ...about, handshake: handshakeOf(socket) });
    socket.once('disconnect', (reason) => logEvent('disconnect', { ...about, reason }));
  };

  const onRefusal = ({ req, code, message, context }: ConnectionError): void => {
    if (code !== FORBIDDEN) return;
    const reason = context?.reason ?? context?.message ?? message;
    logEvent('refused', { reason, address: req?.socket?.remoteAddress ?? null });
  };

  const applySize = ({ monitoring }: Settings): void =>
    server().engine()?.setEventLogSize(monitoring.maxEventLogSize);

  return {
    /** Listens to the server, from before its first connection until `stop`. */
    start(): void {
      const { current, onChange } = getService(strapi, 'settings');
      applySize(current());
      const unsubscribe = onChange(applySize);
      const io = server().io();
      io.on('connection', onConnection as never);
      io.engine.on('connection_error', onRefusal);
      stopWatching = () => {
        unsubscribe();
        io.off('connection', onConnection as never);
        io.engine.off('connection_error', onRefusal);
      };
    },

    stop(): void {
      stopWatching?.();
      stopWatching = null;
    },

    /** Who is connected to this node. Names at most 1,000 sockets and as many rooms. */
    getConnectionStats(): ConnectionStats {
      const sockets: SocketStats[] = [];
      for (const socket of namespace().sockets.values()) {
        if (sockets.length >= MAX_LISTED) break;
        sockets.push(describe(socket as SocketIOSocket));
      }
      return {
        connected: namespace().sockets.size,
        rooms: rooms(),
        sockets,
        entitySubscriptions: getService(strapi, 'subscriptions').metrics(),
      };
    },

    /** The numbers alone: cheap however many are connected. */
    getConnectionCounts(): { connected: number; rooms: number; entitySubscriptions: number } {
      const { adapter, sockets } = namespace();
      let rooms = 0;
      for (const name of adapter.rooms.keys()) {
        if (!isInternalRoom(name) && !adapter.sids.has(name)) rooms += 1;
      }
      const entitySubscriptions = getService(strapi, 'subscriptions').metrics().total;
      return { connected: sockets.size, rooms, entitySubscriptions };
    },

    getEventStats(): EventStats {
      const totals = server().requireEngine().eventTotals();
      return {
        totalEvents: totals.totalEvents,
        eventsByType: Object.fromEntries(totals.byType.map(({ type, count }) => [type, count])),
        lastReset: totals.lastReset,
        eventsPerSecond: totals.perSecond.toFixed(2),
      };
    },

    /** The last `limit` entries, oldest first. */
    getEventLog(limit: number = 100): EventLogEntry[] {
      const count = Number.isFinite(limit) ? Math.max(0, Math.trunc(limit)) : 0;
      return server()
        .requireEngine()
        .eventLog(Math.min(count, 10_000))
        .reverse()
        .map(({ timestamp, type, data }) => ({
          timestamp,
          type,
          data: JSON.parse(data) as unknown,
        }));
    },

    /** Events in each of the last seconds (at most 300), oldest first. */
    getHistory: (): number[] => server().requireEngine().eventTotals().history,

    getTraffic(): TrafficStats {
      const { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited } = server()
        .requireEngine()
        .stats();
      return { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited };
    },

    /** Counts an event and, if the settings say so, writes it into the log, without what is secret in it. */
    logEvent,

    /** Forgets all events; what the engine counts since its start stays. */
    resetStats(): void {
      server().requireEngine().resetEvents();
    },

    /** Sends an event to every connected client, marked as a test. */
    sendTestEvent(eventName: string = 'test', data: Record<string, unknown> = {}): TestEventResult {
      if (typeof eventName !== 'string' || eventName === '') {
        throw new Error(
          `plugin io: sendTestEvent: eventName ${JSON.stringify(eventName)} is not a name`,
        );
      }
      const safe = redact.value(data) as Record<string, unknown>;
      const sent = { ...safe, timestamp: Date.now(), test: true };
      const recipients = namespace().sockets.size;
      namespace().emit(eventName, sent);
      logEvent('test', { eventName, recipients });
      return { success: true, eventName, data: sent, recipients };
    },
  };
}

export type MonitoringService = ReturnType<typeof createMonitoringService>;
