import type { Identity } from '../auth/identity';
import { isWatchersRoom } from './entity-rooms';

/** Whether a room of the plugin's belongs to this identity: its principal's, that one's views, and the watchers'. */
export const isOwnRoom = (room: string, { room: own }: Identity): boolean =>
  isWatchersRoom(room) || (own !== null && (room === own || room.startsWith(`${own}:`)));
