import type {
  MonitoringAcks,
  MonitoringEnded,
  MonitoringLog,
} from '../../shared/contracts/monitoring';
import { PLUGIN_ID } from '../constants';
import { paginate, parseList } from '../monitoring/requests';
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

const CLIENT_EVENTS: readonly ClientEvent[] = [
  'monitoring:watch',
  'monitoring:unwatch',
  'monitoring:sockets',
  'monitoring:rooms',
  'monitoring:subscriptions',
];

const READ = `plugin::${PLUGIN_ID}.monitoring.read`;

const INTERVAL = 1000;

const LOG_LENGTH = 100;

const refuse = createRefuser(
  CLIENT_EVENTS,
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
    const { entries, dropped, next } = monitoring().logSince(told);
    told = next;
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

  const watch = (socket: SocketIOSocket): void => {
    if (timer === undefined) {
      told = monitoring().endOfLog();
      timer = setInterval(tell, INTERVAL);
      timer.unref();
    } else {
      // The others get theirs now, so that nobody gets an entry twice.
      tellLog();
    }
    watchers.add(socket);
    void socket.nsp.adapter.addAll(socket.id, new Set([room]));
  };

  const unwatch = (socket: SocketIOSocket): void => {
    if (!watchers.delete(socket)) return;
    void socket.nsp.adapter.del(socket.id, room);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const actionsFor = (socket: SocketIOSocket): Record<ClientEvent, Action> => {
    const actions: Actions = {
      'monitoring:watch': () => {
        watch(socket);
        return { stats: monitoring().snapshot(), log: monitoring().getEventLog(LOG_LENGTH) };
      },
      'monitoring:unwatch': () => {
        unwatch(socket);
        return {};
      },
      'monitoring:sockets': (payload) => {
        const request = parseList(payload);
        const { search, page, pageSize } = request;
        const { describe, search: found } = monitoring();
        const { total, items } = found.findSockets(search, (page - 1) * pageSize, pageSize);
        return {
          sockets: items.map((one) => describe.monitored(one, null)),
          pagination: paginate(request, total),
        };
      },
      'monitoring:rooms': (payload) => {
        const request = parseList(payload);
        const { search, page, pageSize } = request;
        const found = monitoring().search.findRooms(search, (page - 1) * pageSize, pageSize);
        return { rooms: found.items, pagination: paginate(request, found.total) };
      },
      'monitoring:subscriptions': () => getService(strapi, 'subscriptions').counts(),
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
      io().on('connection', (socket) => attach(socket as SocketIOSocket));
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
