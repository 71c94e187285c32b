import type { RoomStats, TrafficStats } from '../../shared/monitoring';
import type { Strapi } from '../types';
import { getService } from '../utils/get-service';
import { MAX_NAME, MAX_NAMES_LENGTH } from './limits';
import type { Found, Search } from './search';
import type { Counts, Events, Summary } from './summary';

/** Those whose names are short enough to be told, as far as these fit into a message. */
function nameable<T>(items: T[], nameOf: (item: T) => string): T[] {
  let length = 0;
  return items.filter((item) => {
    const name = nameOf(item);
    if (name.length > MAX_NAME || length + name.length > MAX_NAMES_LENGTH) return false;
    length += name.length;
    return true;
  });
}

/** What this node says of itself. */
export function createThisNode(strapi: Strapi, search: Search) {
  const server = () => getService(strapi, 'server');

  /** Sockets of the application in the main namespace: the connections of admin panels are not among them. */
  const connected = (): number =>
    server().io().of('/').sockets.size - getService(strapi, 'admin-sessions').connections().size;

  const events = (): Events => {
    const { totalEvents, byType, ...rest } = server().requireEngine().eventTotals();
    return { total: totalEvents, byType: byType.map(({ type, count }) => [type, count]), ...rest };
  };

  const traffic = (): TrafficStats => {
    const { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited } = server()
      .requireEngine()
      .stats();
    const clusterDropped = getService(strapi, 'cluster').dropped();
    const bytes = { packetsIn, packetsOut, bytesIn, bytesOut };
    return { ...bytes, slowClosed, refused, limited, clusterDropped };
  };

  const namedRooms = (count: number): Found<RoomStats> => {
    const { total, items } = search.findRooms('', 0, count);
    return { total, items: nameable(items, ({ name }) => name) };
  };

  return {
    connected,

    /** Cheap however many are connected; names at most so many rooms. */
    summary(names: number): Summary {
      const subscriptions = getService(strapi, 'subscriptions');
      const { total, byContentType } = subscriptions.counts();
      const namespaces = Object.entries(getService(strapi, 'namespaces').all());
      return {
        connections: server().io().engine.clientsCount,
        connected: connected(),
        namespaces: namespaces.map(([name, nsp]): Counts[number] => [
          name,
          nsp.name === '/' ? connected() : nsp.sockets.size,
        ]),
        rooms: names === 0 ? { total: search.countRooms(), items: [] } : namedRooms(names),
        entitySubscriptions: {
          total,
          byContentType: Object.entries(byContentType),
          rooms: nameable(subscriptions.rooms(names), (name) => name),
        },
        events: events(),
        traffic: traffic(),
      };
    },
  };
}

export type ThisNode = ReturnType<typeof createThisNode>;
