import type {
  MonitoringAcks,
  MonitoringEnded,
  MonitoringLog,
} from '../../shared/contracts/monitoring';
import type { EventLogEntry } from '../../shared/monitoring';
import { PLUGIN_ID } from '../constants';
import { INTERVAL, MAX_BATCH } from '../monitoring/limits';
import { inOrder } from '../monitoring/log-follower';
import { parseList } from '../monitoring/requests';
import { entityMetrics } from '../monitoring/summary';
import { createAdmins } from '../presence/admins';
import type { ServiceContext, SocketIOSocket } from '../types';
import { type Action, createRefuser, serveRequests } from '../utils/admin-requests';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { createReservedName } from '../utils/reserved-rooms';
import { describeError } from '../utils/to-error';

type ClientEvent = keyof MonitoringAcks;
/** What an acknowledgement says besides `success`. */
type Answer<E extends ClientEvent> = Omit<Extract<MonitoringAcks[E], { success: true }>, 'success'>;
type Actions = { [E in ClientEvent]: (payload: unknown) => Answer<E> | Promise<Answer<E>> };

export const MONITORING_EVENTS: readonly ClientEvent[] = [
  'monitoring:watch',
  'monitoring:unwatch',
  'monitoring:sockets',
  'monitoring:rooms',
  'monitoring:subscriptions',
];

const READ = `plugin::${PLUGIN_ID}.monitoring.read`;

const refuse = createRefuser(
  MONITORING_EVENTS,
  'Monitoring is for admins who connect with the strategy "admin-jwt"',
);

const NOT_ALLOWED = 'You may not read the monitoring';

/**
 * Monitoring as it happens, for admins who may read it. What they are told is made once a second for
 * all who watch, and not at all while nobody does.
 */
export function createMonitoringLiveService({ strapi }: ServiceContext) {
  const admins = createAdmins(strapi);
  const monitoring = () => getService(strapi, 'monitoring');
  const lists = () => getService(strapi, 'monitoring-lists');
  const others = () => getService(strapi, 'monitoring-nodes').follower;
  const io = () => getService(strapi, 'server').io();
  const room = createReservedName(strapi)('monitoring');
  const watchers = new Set<SocketIOSocket>();
  let rights = new WeakMap<SocketIOSocket, Promise<boolean>>();
  let timer: NodeJS.Timeout | undefined;
  /** How far the log has been told. */
  let told = 0;

  const mayRead = async (socket: SocketIOSocket): Promise<boolean> => {
    const connection = getService(strapi, 'admin-sessions').connections().get(socket);
    if (connection === undefined) return false;
    const known = rights;
    let asked = known.get(socket);
    if (asked === undefined) {
      asked = admins.may(connection.user.id, READ);
      known.set(socket, asked);
      asked.catch(() => known.delete(socket));
    }
    const may = await asked;
    // Rights may have changed while they were read.
    return known === rights ? may : mayRead(socket);
  };

  const tellLog = (): void => {
    const own = monitoring().recorder.logSince(told);
    told = own.next;
    const theirs = others().take();
    const all = inOrder([...own.entries, ...theirs.entries]);
    const entries = all.slice(-MAX_BATCH);
    const dropped = own.dropped + theirs.dropped + all.length - entries.length;
    if (entries.length === 0 && dropped === 0) return;
    const log: MonitoringLog = { entries, dropped };
    io().local.to(room).emit('monitoring:log', log);
  };

  const tell = (): void => {
    try {
      tellLog();
      io().local.to(room).emit('monitoring:stats', monitoring().snapshot());
    } catch (error) {
      strapi.log.error(`plugin io: monitoring could not be told: ${describeError(error)}`);
    }
  };

  const add = (socket: SocketIOSocket): void => {
    if (timer === undefined) {
      told = monitoring().recorder.endOfLog();
      others().take();
      timer = setInterval(tell, INTERVAL);
      timer.unref();
    } else {
      // The others get theirs now, so that nobody gets an entry twice.
      tellLog();
    }
    watchers.add(socket);
    void socket.nsp.adapter.addAll(socket.id, new Set([room]));
  };

  const watch = async (socket: SocketIOSocket): Promise<void> => {
    if (watchers.has(socket)) return tellLog();
    try {
      await others().follow();
      // Much may have changed meanwhile.
      if (!(await mayRead(socket))) throw new Refusal(NOT_ALLOWED);
      if (!socket.connected) throw new Refusal('Disconnected');
    } catch (error) {
      others().unfollow();
      throw error;
    }
    add(socket);
  };

  const unwatch = (socket: SocketIOSocket): void => {
    if (!watchers.delete(socket)) return;
    others().unfollow();
    void socket.nsp.adapter.del(socket.id, room);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const recentLog = (): EventLogEntry[] =>
    inOrder([...monitoring().getEventLog(MAX_BATCH), ...others().recent()]).slice(-MAX_BATCH);

  const actionsFor = (socket: SocketIOSocket): Record<ClientEvent, Action> => {
    const actions: Actions = {
      'monitoring:watch': async () => {
        await watch(socket);
        return { stats: monitoring().snapshot(), log: recentLog() };
      },
      'monitoring:unwatch': () => {
        unwatch(socket);
        return {};
      },
      'monitoring:sockets': (payload) => lists().sockets(parseList(payload)),
      'monitoring:rooms': (payload) => lists().rooms(parseList(payload)),
      'monitoring:subscriptions': () => {
        const { total, byContentType } = entityMetrics(monitoring().whole());
        return { total, byContentType };
      },
    };
    const whilePermitted = (action: Action): Action => {
      return async (payload) => {
        if (!(await mayRead(socket))) throw new Refusal(NOT_ALLOWED);
        if (!socket.connected) throw new Refusal('Disconnected');
        return action(payload);
      };
    };
    return Object.fromEntries(
      Object.entries(actions).map(([event, action]) => [event, whilePermitted(action)]),
    ) as Record<ClientEvent, Action>;
  };

  const attach = (socket: SocketIOSocket): void => {
    if (!getService(strapi, 'admin-sessions').connections().has(socket)) {
      refuse(socket);
      return;
    }
    serveRequests(strapi, socket, actionsFor(socket));
    socket.on('disconnect', () => unwatch(socket));
  };

  return {
    start(): void {
      getService(strapi, 'server').onSocket(attach);
    },

    stop(): void {
      for (const socket of [...watchers]) unwatch(socket);
    },

    /** Rights may have changed: who may not read the monitoring any more is told so, and no more. */
    async review(): Promise<void> {
      rights = new WeakMap();
      for (const socket of [...watchers]) {
        if (await mayRead(socket)) continue;
        unwatch(socket);
        const ended: MonitoringEnded = { error: NOT_ALLOWED };
        socket.emit('monitoring:ended', ended);
      }
    },
  };
}

export type MonitoringLiveService = ReturnType<typeof createMonitoringLiveService>;
