import type { Identity } from '../auth/identity';
import { isDocumentRoom, isWatchersRoom } from './entity-rooms';

/** Whether a room of the plugin's belongs to this identity: its principal's, that one's views, and those that
 * only say who is subscribed. */
export const isOwnRoom = (room: string, { room: own }: Identity): boolean =>
  isWatchersRoom(room) ||
  isDocumentRoom(room) ||
  (own !== null && (room === own || room.startsWith(`${own}:`)));
