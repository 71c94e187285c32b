import type { RoomStats } from '../../shared/monitoring';
import type { Engine, SocketRecord } from '../../socket-io/native';
import type { Strapi } from '../types';
import { INTERNAL_PREFIX, isEntityRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';

/** Some of what was found: `total` is how much that was. */
export interface Found<T> {
  total: number;
  items: T[];
}

/** Finds the sockets and rooms of this node; `search` is a part of a name, in any case. */
export function createSearch(strapi: Strapi) {
  const engine = (): Engine => getService(strapi, 'server').requireEngine();

  const findSockets = (
    search: string,
    withAdmins: boolean,
    offset: number,
    limit: number,
  ): Found<SocketRecord> => {
    const text = search.toLowerCase();
    const { total, sockets } = engine().socketList(
      '/',
      INTERNAL_PREFIX,
      text,
      withAdmins,
      offset,
      limit,
    );
    return { total, items: sockets };
  };

  return {
    /** By id, address, user, admin or room; the oldest first. */
    findSockets: (search: string, offset: number, limit: number): Found<SocketRecord> =>
      findSockets(search, true, offset, limit),

    /** Those of the application, without the connections of admin panels; the oldest first. */
    applicationSockets: (limit: number): SocketRecord[] => findSockets('', false, 0, limit).items,

    /** Fullest first, without the plugin's own and those that sockets have for themselves. */
    findRooms(search: string, offset: number, limit: number): Found<RoomStats> {
      const text = search.toLowerCase();
      const { total, rooms } = engine().roomList('/', INTERNAL_PREFIX, text, offset, limit);
      const items = rooms.map(({ name, members }) => ({
        name,
        members,
        isEntityRoom: isEntityRoom(name),
      }));
      return { total, items };
    },

    countRooms: (): number => engine().roomCount('/', INTERNAL_PREFIX),
  };
}

export type Search = ReturnType<typeof createSearch>;
