import type { Metrics } from '../../../types';
import type { MonitoringSnapshot } from '../../shared/contracts/monitoring';
import type {
  ConnectionStats,
  EventLogEntry,
  EventStats,
  TestEventResult,
  TrafficStats,
} from '../../shared/monitoring';
import { testEventName } from '../../shared/test-events';
import { createDescriber } from '../monitoring/describe';
import { MAX_LISTED } from '../monitoring/limits';
import { createRecorder } from '../monitoring/recorder';
import { createSearch } from '../monitoring/search';
import { entityMetrics, eventStats, mergeSummaries, type Summary } from '../monitoring/summary';
import { createThisNode } from '../monitoring/this-node';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { createRedactor } from '../utils/redact';

/**
 * Who is connected and what happens. Numbers are those of all nodes: what the others have said of
 * themselves within the last second or so, as nobody can be waited for here. Sockets and the log are
 * those of this node; `monitoring-lists` asks the other nodes for theirs.
 */
export function createMonitoringService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const redact = createRedactor(config.sensitiveFields);
  const describe = createDescriber(strapi, redact);
  const search = createSearch(strapi);
  const recorder = createRecorder(strapi, describe, redact);
  const here = createThisNode(strapi, search);
  const nodes = () => getService(strapi, 'monitoring-nodes');

  /** All nodes. Rooms need their names only where several nodes may have the same ones. */
  const whole = (names?: number): Summary => {
    const others = nodes().others();
    return mergeSummaries([
      here.summary(names ?? (others.length === 0 ? 0 : MAX_LISTED)),
      ...others,
    ]);
  };

  const logEvent = (type: string, data?: unknown): void => {
    if (typeof type !== 'string' || type === '') {
      throw new Error(`plugin io: logEvent: type ${JSON.stringify(type)} is not a name`);
    }
    recorder.record(type, data);
  };

  return {
    start: (): void => recorder.start(),
    stop: (): void => recorder.stop(),

    describe,
    search,
    recorder,
    here,
    whole,

    /**
     * Who is connected: how many to all nodes, and the rooms and entity subscriptions of all, as far
     * as 1,000 of this node and 100 of each other one (1,000 while somebody watches the monitoring);
     * at most 1,000 sockets, of this node.
     */
    getConnectionStats(): ConnectionStats {
      const all = whole(MAX_LISTED);
      return {
        connected: all.connected,
        rooms: all.rooms.items,
        sockets: search.applicationSockets(MAX_LISTED).map((one) => describe.socket(one)),
        entitySubscriptions: entityMetrics(all),
      };
    },

    /** `strapi.$io.getMetrics`. */
    getMetrics(): Metrics {
      const all = whole(MAX_LISTED);
      return {
        ...getService(strapi, 'emitter').metrics(),
        ...getService(strapi, 'principals').cacheMetrics(),
        connectedSockets: all.connected,
        connections: all.connections,
        namespaces: Object.fromEntries(all.namespaces),
        entitySubscriptions: entityMetrics(all),
      };
    },

    /** Of all nodes. An event counts once, on the node that sent it. */
    getEventStats: (): EventStats => eventStats(whole().events),

    /** The last `limit` entries of this node, oldest first. */
    getEventLog: (limit: number = 100): EventLogEntry[] => recorder.log(limit),

    /** Of all nodes. */
    getTraffic: (): TrafficStats => whole().traffic,

    /**
     * How things stand on all nodes, in numbers: cheap however many are connected. Where nodes have
     * more rooms than they name to each other, one that several of them have counts several times.
     */
    snapshot(): MonitoringSnapshot {
      const all = whole();
      const { total, lastReset, history } = all.events;
      const now = Date.now();
      return {
        connections: {
          connected: all.connected,
          rooms: all.rooms.total,
          entitySubscriptions: all.entitySubscriptions.total,
        },
        events: eventStats(all.events),
        averagePerSecond: total / Math.max(1, (now - lastReset) / 1000),
        traffic: all.traffic,
        history,
        redis: getService(strapi, 'redis').status(),
        timestamp: now,
      };
    },

    /** Counts an event and, if the settings say so, writes it into the log, without what is secret in it. */
    logEvent,

    /** Forgets all events, on all nodes; what the engines count since their start stays. */
    resetStats(): void {
      getService(strapi, 'server').requireEngine().resetEvents();
      nodes().reset();
    },

    /**
     * Sends an event to every client that is connected to any node, marked as a test. Clients receive it as `test`
     * or `io:test:<eventName>`: whoever may test must not be able to forge the application's events.
     */
    sendTestEvent(eventName: string = 'test', data: Record<string, unknown> = {}): TestEventResult {
      if (typeof eventName !== 'string' || eventName === '') {
        throw new Error(
          `plugin io: sendTestEvent: eventName ${JSON.stringify(eventName)} is not a name`,
        );
      }
      const safe = redact.value(data) as Record<string, unknown>;
      const sent = { ...safe, timestamp: Date.now(), test: true };
      const others = nodes().others();
      const recipients = others.reduce((sum, { connected }) => sum + connected, here.connected());
      const { customEventNames } = getService(strapi, 'settings').current().events;
      const name = testEventName(eventName, Object.values(customEventNames));
      getService(strapi, 'server').io().of('/').emit(name, sent);
      logEvent('test', { eventName, recipients });
      return { success: true, eventName, data: sent, recipients };
    },
  };
}

export type MonitoringService = ReturnType<typeof createMonitoringService>;
