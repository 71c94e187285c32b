import type { TrafficStats } from '../../shared/monitoring';
import type { Strapi } from '../types';
import { getService } from '../utils/get-service';
import type { Search } from './search';
import type { Counts, Events, Summary } from './summary';

/** What this node says of itself. */
export function createThisNode(strapi: Strapi, search: Search) {
  const server = () => getService(strapi, 'server');

  const connected = (): number => server().io().of('/').sockets.size;

  const events = (): Events => {
    const { totalEvents, byType, ...rest } = server().requireEngine().eventTotals();
    return { total: totalEvents, byType: byType.map(({ type, count }) => [type, count]), ...rest };
  };

  const traffic = (): TrafficStats => {
    const { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited } = server()
      .requireEngine()
      .stats();
    return { packetsIn, packetsOut, bytesIn, bytesOut, slowClosed, refused, limited };
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
        namespaces: namespaces.map(([name, nsp]): Counts[number] => [name, nsp.sockets.size]),
        rooms:
          names === 0 ? { total: search.countRooms(), items: [] } : search.findRooms('', 0, names),
        entitySubscriptions: {
          total,
          byContentType: Object.entries(byContentType),
          rooms: subscriptions.rooms(names),
        },
        events: events(),
        traffic: traffic(),
      };
    },
  };
}

export type ThisNode = ReturnType<typeof createThisNode>;
