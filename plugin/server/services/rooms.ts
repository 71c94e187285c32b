import type { Namespace } from 'socket.io';

import type { Settings } from '../../shared/settings';
import { UP_USER } from '../constants';
import type { ServiceContext, SocketIOSocket } from '../types';
import { isEntityRoom, isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { guardRooms } from '../utils/guard-rooms';
import { inSlices } from '../utils/in-slices';
import { Refusal } from '../utils/refusal';
import { createRemoteSockets } from '../utils/remote-sockets';
import { describeError } from '../utils/to-error';
import type { Principal } from './principals';

interface UserRow {
  blocked?: boolean | null;
  role?: { id: number | string } | null;
}

/** Rooms one socket may join by itself; every one is an entry in the memory of the server. */
const MAX_ROOMS = 100;

/** Letters and digits of any script, and what people put between them. */
const ROOM_NAME = /^[\p{L}\p{N}_.:@/#+-]{1,128}$/u;

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The rooms that sockets join by name: which they may, and which they are put into by their role. */
export function createRoomsService({ strapi }: ServiceContext) {
  /** What `autoJoinByRole` put a socket into, to be undone when its role changes. */
  const joinedByRole = new WeakMap<SocketIOSocket, Set<string>>();
  const remoteSockets = createRemoteSockets(() => getService(strapi, 'cluster').isClustered());
  let unsubscribe: (() => void) | null = null;

  const settings = (): Settings['rooms'] => getService(strapi, 'settings').current().rooms;

  /** Whose room this is, null if it is anybody's. */
  const holderOf = (nsp: Namespace, room: string): string | null => {
    if (getService(strapi, 'principals').isRoleName(room)) return 'its role';
    if (isInternalRoom(room)) return 'the plugin';
    if (isEntityRoom(room)) return 'the subscribers of the entity';
    return nsp.adapter.sids.has(room) ? 'the socket of that id' : null;
  };

  const ownerOf = (socket: SocketIOSocket, room: string): string | null =>
    room === socket.id ? null : holderOf(socket.nsp, room);

  const checkName = (room: unknown): string => {
    if (typeof room !== 'string' || !ROOM_NAME.test(room)) {
      throw new Refusal(
        'Invalid room name: expected 1 to 128 letters, digits or any of _ . : @ / # + -',
      );
    }
    return room;
  };

  /** The rooms that the settings give to a role. */
  const roomsOf = (principal: Principal | undefined): string[] => {
    if (principal?.kind !== 'role') return [];
    return Object.entries(settings().autoJoinByRole)
      .filter(([role]) => sameName(role, principal.name) || sameName(role, principal.type))
      .flatMap(([, rooms]) => rooms);
  };

  const roomsOfRole = async (socket: SocketIOSocket): Promise<string[]> =>
    roomsOf(await getService(strapi, 'identities').principalOf(socket));

  /** Why a room that is nobody's may not be joined; null if it may. A role's rooms are its own. */
  const objection = (room: string, own: readonly string[]): string | null => {
    const { autoJoinByRole, enablePrivateRooms } = settings();
    if (own.includes(room)) return null;
    if (Object.values(autoJoinByRole).some((rooms) => rooms.includes(room))) {
      return 'This room is reserved for other roles';
    }
    return enablePrivateRooms ? null : 'Private rooms are disabled';
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

  const chosen = (socket: SocketIOSocket): string[] =>
    [...socket.rooms].filter(
      (room) =>
        room !== socket.id &&
        ownerOf(socket, room) === null &&
        joinedByRole.get(socket)?.has(room) !== true,
    );

  const changeRooms = (socket: SocketIOSocket, wanted: Set<string>): void => {
    const joined = joinedByRole.get(socket) ?? new Set();
    for (const room of joined) {
      if (wanted.has(room)) continue;
      joined.delete(room);
      void socket.leave(room);
    }
    for (const room of wanted) {
      if (joined.has(room)) continue;
      const owner = ownerOf(socket, room);
      if (owner === null) {
        joined.add(room);
        void socket.join(room);
      } else {
        strapi.log.warn(
          `plugin io: rooms.autoJoinByRole: room ${JSON.stringify(room)} is reserved for ${owner}`,
        );
      }
    }
    joinedByRole.set(socket, joined);
  };

  /**
   * Puts a socket into the rooms of its role, and takes it out of those of a former one. What fails
   * leaves it out of them.
   */
  const joinByRole = async (socket: SocketIOSocket): Promise<void> => {
    try {
      const wanted = await roomsOfRole(socket);
      // The first time is before it connects, any other is over with the connection.
      if (joinedByRole.has(socket) && !socket.connected) return;
      changeRooms(socket, new Set(wanted));
    } catch (error) {
      strapi.log.error(
        `plugin io: rooms.autoJoinByRole failed for socket ${socket.id}: ${describeError(error)}`,
      );
    }
  };

  return {
    ownerOf,

    /** Whether a socket with this id is connected to the namespace of `socket`, on any node. Throws a `Refusal`. */
    isSocket: async (socket: SocketIOSocket, id: string): Promise<boolean> =>
      socket.nsp.adapter.sids.has(id) || remoteSockets.has(socket, id),

    joinByRole,

    /** From here on the socket can join nobody else's room, by whatever way. */
    guard: (socket: SocketIOSocket): void => guardRooms(socket, ownerOf),

    /** A client asks to join. Throws a `Refusal`. */
    async join(socket: SocketIOSocket, name: unknown): Promise<string> {
      const room = checkName(name);
      if (socket.rooms.has(room)) return room;
      if (ownerOf(socket, room) !== null || (await remoteSockets.has(socket, room))) {
        throw new Refusal('This room is reserved');
      }
      const refused = objection(room, await roomsOfRole(socket));
      if (refused !== null) throw new Refusal(refused);
      // Not before anything that waits: several requests may be waiting.
      if (chosen(socket).length >= MAX_ROOMS) {
        throw new Refusal(`No more than ${MAX_ROOMS} rooms may be joined`);
      }
      await socket.join(room);
      return room;
    },

    /** A client asks to leave; leaving a room it is not in changes nothing. */
    async leave(socket: SocketIOSocket, name: unknown): Promise<string> {
      const room = checkName(name);
      if (room === socket.id || ownerOf(socket, room) !== null) {
        throw new Refusal('This room is reserved');
      }
      await socket.leave(room);
      joinedByRole.get(socket)?.delete(room);
      return room;
    },

    /**
     * May a user (`socket.data.userId`; null: somebody unknown) be let into a room? What stands for
     * another role, an entity or a socket is nobody's to join.
     */
    async canAccess(userId: number | string | null | undefined, room: unknown): Promise<boolean> {
      const role = await roleOf(userId);
      if (role === undefined || typeof room !== 'string' || !ROOM_NAME.test(room)) return false;
      if (room === role.name) return true;
      const nsp = getService(strapi, 'server').io().of('/');
      return holderOf(nsp, room) === null && objection(room, roomsOf(role)) === null;
    },

    /** The rooms of a socket as its client may know them. */
    list: (socket: SocketIOSocket): string[] =>
      [...socket.rooms].filter((room) => room !== socket.id && !isInternalRoom(room)),

    /** Settings that change apply to those who are connected. */
    start(): void {
      unsubscribe = getService(strapi, 'settings').onChange((_, changed) => {
        if (!changed.includes('rooms.autoJoinByRole')) return;
        void inSlices(getService(strapi, 'identities').sockets(), joinByRole);
      });
    },

    stop(): void {
      unsubscribe?.();
      unsubscribe = null;
    },
  };
}

export type RoomsService = ReturnType<typeof createRoomsService>;
