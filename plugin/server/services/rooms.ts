import type { Settings } from '../../shared/settings';
import type { ServiceContext, SocketIOSocket } from '../types';
import { isEntityRoom, isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { guardRooms } from '../utils/guard-rooms';
import { Refusal } from '../utils/refusal';
import { describeError } from '../utils/to-error';

/** Rooms one socket may join by itself; every one is an entry in the memory of the server. */
const MAX_ROOMS = 100;

/** Letters and digits of any script, and what people put between them. */
const ROOM_NAME = /^[\p{L}\p{N}_.:@/#+-]{1,128}$/u;

/** What the ids of Socket.IO's sockets look like. */
const SOCKET_ID = /^[\w-]{20}$/;

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The rooms that sockets join by name: which they may, and which they are put into by their role. */
export function createRoomsService({ strapi }: ServiceContext) {
  /** What `autoJoinByRole` put a socket into, to be undone when its role changes. */
  const joinedByRole = new WeakMap<SocketIOSocket, Set<string>>();
  let unsubscribe: (() => void) | null = null;

  const settings = (): Settings['rooms'] => getService(strapi, 'settings').current().rooms;

  /** Whose room this is, null if anybody may join. */
  const ownerOf = (socket: SocketIOSocket, room: string): string | null => {
    if (room === socket.id) return null;
    if (getService(strapi, 'principals').isRoleName(room)) return 'its role';
    if (isInternalRoom(room)) return 'the plugin';
    if (isEntityRoom(room)) return 'the subscribers of the entity';
    return socket.nsp.adapter.sids.has(room) ? 'the socket of that id' : null;
  };

  const checkName = (room: unknown): string => {
    if (typeof room !== 'string' || !ROOM_NAME.test(room)) {
      throw new Refusal(
        'Invalid room name: expected 1 to 128 letters, digits or any of _ . : @ / # + -',
      );
    }
    return room;
  };

  /** The rooms that the settings give to the role of a socket. */
  const roomsOfRole = async (socket: SocketIOSocket): Promise<string[]> => {
    const principal = await getService(strapi, 'identities').principalOf(socket);
    if (principal?.kind !== 'role') return [];
    return Object.entries(settings().autoJoinByRole)
      .filter(([role]) => sameName(role, principal.name) || sameName(role, principal.type))
      .flatMap(([, rooms]) => rooms);
  };

  /** A room that the settings give to some role is not for the others. */
  const checkAllowed = async (socket: SocketIOSocket, room: string): Promise<void> => {
    const { autoJoinByRole, enablePrivateRooms } = settings();
    if (Object.values(autoJoinByRole).some((rooms) => rooms.includes(room))) {
      if ((await roomsOfRole(socket)).includes(room)) return;
      throw new Refusal('This room is reserved for other roles');
    }
    if (!enablePrivateRooms) throw new Refusal('Private rooms are disabled');
  };

  /** The sockets of other nodes are not in this node's registry. */
  const isRemoteSocket = async (socket: SocketIOSocket, id: string): Promise<boolean> => {
    if (!SOCKET_ID.test(id) || !getService(strapi, 'cluster').isClustered()) return false;
    return (await socket.nsp.in(id).fetchSockets()).some((other) => other.id === id);
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

    joinByRole,

    /** From here on the socket can join nobody else's room, by whatever way. */
    guard: (socket: SocketIOSocket): void => guardRooms(socket, ownerOf),

    /** A client asks to join. Throws a `Refusal`. */
    async join(socket: SocketIOSocket, name: unknown): Promise<string> {
      const room = checkName(name);
      if (socket.rooms.has(room)) return room;
      if (ownerOf(socket, room) !== null || (await isRemoteSocket(socket, room))) {
        throw new Refusal('This room is reserved');
      }
      await checkAllowed(socket, room);
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

    /** The rooms of a socket as its client may know them. */
    list: (socket: SocketIOSocket): string[] =>
      [...socket.rooms].filter((room) => room !== socket.id && !isInternalRoom(room)),

    /** Settings that change apply to those who are connected. */
    start(): void {
      unsubscribe = getService(strapi, 'settings').onChange(() => {
        for (const socket of getService(strapi, 'identities').sockets()) {
          void joinByRole(socket);
        }
      });
    },

    stop(): void {
      unsubscribe?.();
      unsubscribe = null;
    },
  };
}

export type RoomsService = ReturnType<typeof createRoomsService>;
