import type { SocketIOSocket } from '../types';

/**
 * Keeps a socket out of rooms that stand for somebody: applications let clients choose the rooms
 * they join, and `server.to('Authenticated')` is meant for the users of that role. Done on the one
 * socket; the class is shared with other servers in the process. `ownerOf` says whose room it is,
 * null if it is anybody's.
 */
export function guardRooms(
  socket: SocketIOSocket,
  ownerOf: (socket: SocketIOSocket, room: string) => string | null,
): void {
  const join = socket.join.bind(socket);
  socket.join = (rooms) => {
    for (const room of Array.isArray(rooms) ? rooms : [rooms]) {
      const owner = ownerOf(socket, String(room));
      if (owner !== null && !socket.rooms.has(room)) {
        throw new Error(`plugin io: room ${JSON.stringify(room)} is reserved for ${owner}`);
      }
    }
    return join(rooms);
  };
}
