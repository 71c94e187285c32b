import type { Settings } from '../../shared/settings';
import { UP_USER } from '../constants';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { guardRooms } from '../utils/guard-rooms';
import type { Principal } from './principals';

interface UserRow {
  blocked?: boolean | null;
  role?: { id: number | string } | null;
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The rooms that sockets join by name. The engine judges what clients ask for; this is for the application. */
export function createRoomsService({ strapi }: ServiceContext) {
  const settings = (): Settings['rooms'] => getService(strapi, 'settings').current().rooms;
  const engine = () => getService(strapi, 'server').requireEngine();

  /** Whose room this is, null if it is anybody's. */
  const ownerOf = (nsp: string, socketId: string, room: string): string | null =>
    engine().roomOwner(nsp, socketId, room);

  /** The rooms that the settings give to a role. */
  const roomsOf = (principal: Principal): string[] => {
    if (principal.kind !== 'role') return [];
    return Object.entries(settings().autoJoinByRole)
      .filter(([role]) => sameName(role, principal.name) || sameName(role, principal.type))
      .flatMap(([, rooms]) => rooms);
  };

  /** The role of a user, or the public one for nobody; undefined if there is no such user. */
  const roleOf = async (userId: number | string | null | undefined) => {
    const principals = getService(strapi, 'principals');
    if (userId == null) return principals.publicRole();
    const user = (await strapi.db
      .query(UP_USER)
      .findOne({ where: { id: userId }, populate: ['role'] })) as UserRow | null;
    if (user?.role == null || user.blocked === true) return undefined;
    return principals.role(user.role.id);
  };

  return {
    ownerOf,

    /** The rooms that the sockets of a role are put into, in every namespace: those that are nobody's. */
    autoJoined: (principal: Principal): string[] =>
      roomsOf(principal).filter((room) => {
        const owner = ownerOf('/', '', room);
        if (owner !== null) {
          strapi.log.warn(
            `plugin io: rooms.autoJoinByRole: room ${JSON.stringify(room)} is reserved for ${owner}`,
          );
        }
        return owner === null;
      }),

    /** From here on the socket can join nobody else's room, by whatever way. */
    guard: (socket: SocketIOSocket): void =>
      guardRooms(socket, ({ id, nsp }, room) => (room === id ? null : ownerOf(nsp.name, id, room))),

    /**
     * May a user (`socket.data.userId`; null: somebody unknown) be let into a room? What stands for
     * another role, an entity or a socket is nobody's to join.
     */
    async canAccess(userId: number | string | null | undefined, room: unknown): Promise<boolean> {
      const role = await roleOf(userId);
      if (role === undefined || typeof room !== 'string') return false;
      return room === role.name || engine().mayEnterRoom('/', room, roomsOf(role));
    },
  };
}

export type RoomsService = ReturnType<typeof createRoomsService>;
