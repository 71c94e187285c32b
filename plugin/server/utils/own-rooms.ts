import { isDocumentRoom, isWatchersRoom } from './entity-rooms';

/** Whether a room of the plugin's belongs to who has the room `own`: that one, its views, and those that only say who is
 * subscribed. */
export const isOwnRoom = (room: string, own: string | null): boolean =>
  isWatchersRoom(room) ||
  isDocumentRoom(room) ||
  (own !== null && (room === own || room.startsWith(`${own}:`)));
