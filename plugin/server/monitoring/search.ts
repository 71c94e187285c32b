import type { RoomStats } from '../../shared/monitoring';
import type { Engine } from '../../socket-io/native';
import type { SocketIOSocket, Strapi } from '../types';
import { INTERNAL_PREFIX, isEntityRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import type { Describer } from './describe';

/** Some of what was found: `total` is how much that was. */
export interface Found<T> {
  total: number;
  items: T[];
}

/** Finds the sockets and rooms of this node; `search` is a part of a name, in any case. */
export function createSearch(strapi: Strapi, describe: Describer) {
  const engine = (): Engine => getService(strapi, 'server').requireEngine();

  /** Of the main namespace, the oldest first. */
  const sockets = (): SocketIOSocket[] =>
    getService(strapi, 'identities')
      .sockets()
      .filter(({ nsp }) => nsp.name === '/');

  const adminName = (socket: SocketIOSocket): string => {
    const admin = describe.admin(socket);
    return admin === null ? '' : `${admin.firstname ?? ''} ${admin.lastname ?? ''}`;
  };

  const matching = (search: string): SocketIOSocket[] => {
    if (search === '') return sockets();
    const text = search.toLowerCase();
    const has = (name: string): boolean => name.toLowerCase().includes(text);
    // The engine knows who is in a room; asking each socket for its rooms would take too long.
    const inRooms = new Set(engine().sidsInRooms('/', INTERNAL_PREFIX, text));
    return sockets().filter(
      (socket) =>
        inRooms.has(socket.id) ||
        has(socket.id) ||
        has(describe.address(socket)) ||
        (socket.user !== null && has(socket.user.username)) ||
        has(adminName(socket)),
    );
  };

  return {
    /** By id, address, user, admin or room; the oldest first. */
    findSockets(search: string, offset: number, limit: number): Found<SocketIOSocket> {
      const found = matching(search);
      return { total: found.length, items: found.slice(offset, offset + limit) };
    },

    /** Those of the application, without the connections of admin panels; the oldest first. */
    applicationSockets: (limit: number): SocketIOSocket[] =>
      sockets()
        .filter((socket) => describe.admin(socket) === null)
        .slice(0, limit),

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
