import type { EntityMetrics } from '../../../types';
import type { MonitoringSnapshot } from '../../shared/contracts/monitoring';
import type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  TestEventResult,
  TrafficStats,
} from '../../shared/monitoring';
import type { Settings } from '../../shared/settings';
import type { LogEntry } from '../../socket-io/native';
import { createDescriber } from '../monitoring/describe';
import { createSearch } from '../monitoring/search';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { createRedactor } from '../utils/redact';

/** What has to do with connections; everything else is an event. */
const CONNECTION_TYPES = new Set(['connect', 'disconnect', 'forced-disconnect', 'refused']);

/** An answer of the monitoring names no more sockets and rooms than this. */
const MAX_LISTED = 1000;

/** What is told of the log at once: no more entries and bytes than this. */
const MAX_BATCH = 100;
const MAX_BATCH_BYTES = 256 * 1024;

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

const readEntry = ({ timestamp, type, data }: LogEntry): EventLogEntry => ({
  timestamp,
  type,
  data: JSON.parse(data) as unknown,
});

/** Counters and log of the engine, and who is connected. Nothing secret enters either. */
export function createMonitoringService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const redact = createRedactor(config.sensitiveFields);
  const describe = createDescriber(strapi, redact);
  const search = createSearch(strapi);
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

  const onConnection = (socket: SocketIOSocket): void => {
    const about = { socketId: socket.id, user: describe.user(socket) };
    logEvent('connect', { ...about, handshake: describe.handshake(socket) });
    socket.once('disconnect', (reason) => logEvent('disconnect', { ...about, reason }));
  };

  const onRefusal = ({ req, code, message, context }: ConnectionError): void => {
    if (code !== FORBIDDEN) return;
    const reason = context?.reason ?? context?.message ?? message;
    logEvent('refused', { reason, address: req?.socket?.remoteAddress ?? null });
  };

  const applySize = ({ monitoring }: Settings): void =>
    server().engine()?.setEventLogSize(monitoring.maxEventLogSize);

  const connected = (): number => namespace().sockets.size;

  const entityMetrics = (): EntityMetrics => {
    const subscriptions = getService(strapi, 'subscriptions');
    return { ...subscriptions.counts(), rooms: subscriptions.rooms(MAX_LISTED) };
  };

  const eventStats = (totals = server().requireEngine().eventTotals()): EventStats => ({
    totalEvents: totals.totalEvents,
    eventsByType: Object.fromEntries(totals.byType.map(({ type, count }) => [type, count])),
    lastReset: totals.lastReset,
    eventsPerSecond: totals.perSecond.toFixed(2),
  });

  const traffic = (): TrafficStats => {
    const { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited } = server()
      .requireEngine()
      .stats();
    return { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited };
  };

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

    describe,
    search,

    /** Who is connected to this node. Names at most 1,000 sockets and as many rooms. */
    getConnectionStats: (): ConnectionStats => ({
      connected: connected(),
      rooms: search.findRooms('', 0, MAX_LISTED).items,
      sockets: search.findSockets('', 0, MAX_LISTED).items.map((socket) => describe.socket(socket)),
      entitySubscriptions: entityMetrics(),
    }),

    getEntityMetrics: entityMetrics,

    getEventStats: eventStats,

    /** The last `limit` entries, oldest first. */
    getEventLog(limit: number = 100): EventLogEntry[] {
      const count = Number.isFinite(limit) ? Math.max(0, Math.trunc(limit)) : 0;
      return server().requireEngine().eventLog(Math.min(count, 10_000)).reverse().map(readEntry);
    },

    /** Events in each of the last seconds (at most 300), oldest first. */
    getHistory: (): number[] => server().requireEngine().eventTotals().history,

    getTraffic: traffic,

    /** How things stand, in numbers: cheap however many are connected. */
    snapshot(): MonitoringSnapshot {
      const totals = server().requireEngine().eventTotals();
      const events = eventStats(totals);
      const seconds = Math.max(1, (Date.now() - events.lastReset) / 1000);
      return {
        connections: {
          connected: connected(),
          rooms: search.countRooms(),
          entitySubscriptions: getService(strapi, 'subscriptions').counts().total,
        },
        events,
        averagePerSecond: events.totalEvents / seconds,
        traffic: traffic(),
        history: totals.history,
        redis: getService(strapi, 'redis').status(),
        timestamp: Date.now(),
      };
    },

    /** Where the log ends now: see `logSince`. */
    endOfLog: (): number => server().requireEngine().endOfLog(),

    /** What was logged since the end of the log that is given, or since the last batch. */
    logSince(since: number): { entries: EventLogEntry[]; dropped: number; next: number } {
      const { entries, dropped, next } = server()
        .requireEngine()
        .logSince(since, MAX_BATCH, MAX_BATCH_BYTES);
      return { entries: entries.map(readEntry), dropped, next };
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
      const recipients = connected();
      namespace().emit(eventName, sent);
      logEvent('test', { eventName, recipients });
      return { success: true, eventName, data: sent, recipients };
    },
  };
}

export type MonitoringService = ReturnType<typeof createMonitoringService>;
