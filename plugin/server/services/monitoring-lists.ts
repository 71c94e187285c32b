import type { ListRequest, MonitoredSocket, Pagination } from '../../shared/contracts/monitoring';
import type {
  ConnectionStats,
  EventLogEntry,
  RoomStats,
  SocketStats,
} from '../../shared/monitoring';
import { MAX_LISTED, MAX_LOG, MAX_LOG_BYTES } from '../monitoring/limits';
import type { LogHistory } from '../monitoring/log-feed';
import { inOrder } from '../monitoring/log-follower';
import { paginate } from '../monitoring/requests';
import type { Found } from '../monitoring/search';
import { entityMetrics, mergeRooms } from '../monitoring/summary';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';

const COUNT = 'monitoring:count';
const SOCKETS = 'monitoring:sockets';
const ROOMS = 'monitoring:rooms';
const HISTORY = 'monitoring:history';

interface Count {
  node: string | null;
  total: number;
}

/** Which part of what each node has found is wanted. */
type Windows = Array<[node: string | null, offset: number, limit: number]>;

interface Listed {
  node: string | null;
  sockets: MonitoredSocket[];
}

const byName = (a: { node: string | null }, b: { node: string | null }): number =>
  (a.node ?? '') < (b.node ?? '') ? -1 : 1;

/** A page of the lists of all nodes, one after the other. */
function windowsOf(counts: Count[], offset: number, limit: number): Windows {
  const windows: Windows = [];
  let skip = offset;
  let left = limit;
  for (const { node, total } of counts) {
    const taken = Math.min(Math.max(0, total - skip), left);
    if (taken > 0) windows.push([node, skip, taken]);
    skip = Math.max(0, skip - total);
    left -= taken;
  }
  return windows;
}

/** The sockets, the rooms and the log of all nodes: each is asked for its own. */
export function createMonitoringListsService({ strapi }: ServiceContext) {
  const cluster = getService(strapi, 'cluster');
  const monitoring = () => getService(strapi, 'monitoring');
  const nodes = () => getService(strapi, 'monitoring-nodes');

  const count = (search: string): Count => ({
    node: nodes().name(),
    total: monitoring().search.findSockets(search, 0, 0).total,
  });

  const list = (search: string, windows: Windows): Listed => {
    const { describe, search: found } = monitoring();
    const node = nodes().name();
    const [, offset, limit] = windows.find(([one]) => one === node) ?? [node, 0, 0];
    const { items } = found.findSockets(search, offset, limit);
    return { node, sockets: items.map((socket) => describe.monitored(socket, node)) };
  };

  const findRooms = (search: string): Found<RoomStats> =>
    monitoring().search.findRooms(search, 0, MAX_LISTED);

  const sockets = async (
    search: string,
    offset: number,
    limit: number,
  ): Promise<{ total: number; sockets: MonitoredSocket[] }> => {
    const counts = [count(search), ...(await nodes().ask<Count>(COUNT, [search]))].sort(byName);
    const windows = windowsOf(counts, offset, limit);
    const own = list(search, windows);
    const isElsewhere = windows.some(([node]) => node !== own.node);
    const others = isElsewhere ? await nodes().ask<Listed>(SOCKETS, [search, windows]) : [];
    return {
      total: counts.reduce((sum, { total }) => sum + total, 0),
      sockets: [own, ...others].sort(byName).flatMap((one) => one.sockets),
    };
  };

  const allRooms = async (search: string): Promise<RoomStats[]> =>
    mergeRooms([findRooms(search), ...(await nodes().ask<Found<RoomStats>>(ROOMS, [search]))])
      .items;

  return {
    start(): void {
      cluster.handle(COUNT, ([search]) => count(search as string));
      cluster.handle(SOCKETS, ([search, windows]) => list(search as string, windows as Windows));
      cluster.handle(ROOMS, ([search]) => findRooms(search as string));
    },

    /** One node after the other, and of each the longest connected first. */
    async sockets(
      request: Required<ListRequest>,
    ): Promise<{ sockets: MonitoredSocket[]; pagination: Pagination }> {
      const { search, page, pageSize } = request;
      const found = await sockets(search, (page - 1) * pageSize, pageSize);
      return { sockets: found.sockets, pagination: paginate(request, found.total) };
    },

    /** Fullest first. Where there are several nodes, of each the 1,000 fullest. */
    async rooms(
      request: Required<ListRequest>,
    ): Promise<{ rooms: RoomStats[]; pagination: Pagination }> {
      const { search, page, pageSize } = request;
      const offset = (page - 1) * pageSize;
      if (!cluster.isClustered()) {
        const { total, items } = monitoring().search.findRooms(search, offset, pageSize);
        return { rooms: items, pagination: paginate(request, total) };
      }
      const all = await allRooms(search);
      return {
        rooms: all.slice(offset, offset + pageSize),
        pagination: paginate(request, all.length),
      };
    },

    /** The last `limit` entries, oldest first; fewer if they have more than 8 MiB of data. */
    async log(limit: number): Promise<EventLogEntry[]> {
      const count = Math.min(limit, MAX_LOG);
      const share = Math.trunc(MAX_LOG_BYTES / (1 + nodes().others().length));
      const others = await nodes().ask<LogHistory>(HISTORY, [count, false, share]);
      const all = [
        ...monitoring().recorder.log(count, share),
        ...others.flatMap(({ entries }) => entries),
      ];
      return count === 0 ? [] : inOrder(all).slice(-count);
    },

    /** Who is connected to any node. Names at most 1,000 sockets, and as many rooms of each node. */
    async connections(): Promise<ConnectionStats> {
      if (!cluster.isClustered()) return monitoring().getConnectionStats();
      const [found, rooms] = await Promise.all([sockets('', 0, MAX_LISTED), allRooms('')]);
      const all = monitoring().whole();
      return {
        connected: all.connected,
        rooms,
        sockets: found.sockets
          .filter(({ admin }) => admin === null)
          .map(
            ({ id, connected, rooms: own, entitySubscriptions, handshake, user }): SocketStats => ({
              id,
              connected,
              rooms: own,
              entitySubscriptions,
              handshake,
              user,
            }),
          ),
        entitySubscriptions: entityMetrics(all),
      };
    },
  };
}

export type MonitoringListsService = ReturnType<typeof createMonitoringListsService>;
