import type { SocketIOSocket } from '../types';

/**
 * Keeps a socket out of rooms that stand for a role: applications let clients choose the rooms
 * they join, and `server.to('Authenticated')` is meant for the users of that role. Done on the one
 * socket; the class is shared with other servers in the process.
 */
export function guardRooms(socket: SocketIOSocket, isReserved: (room: string) => boolean): void {
  const join = socket.join.bind(socket);
  socket.join = (rooms) => {
    for (const room of Array.isArray(rooms) ? rooms : [rooms]) {
      if (isReserved(room) && !socket.rooms.has(room)) {
        throw new Error(`plugin io: room ${JSON.stringify(room)} is reserved for its role`);
      }
    }
    return join(rooms);
  };
}
