import type { Session } from 'socket.io-adapter';

import type { Strapi } from '../types';
import { getService } from '../utils/get-service';

/** The rooms through which a role or token gets its content; see `utils/reserved-rooms`. */
const PRINCIPAL_ROOM = /^io:(role|token):/;

/**
 * Connection state recovery gives a client the rooms it had and what was sent to them meanwhile, so it must still be
 * the one that had them: a user who was blocked, moved to another role or whose token ended connects anew. Admins
 * always do, as their tokens are counted.
 */
export const createRecovery =
  (strapi: Strapi) =>
  async ({ rooms, data }: Session, auth: Record<string, unknown>): Promise<boolean> => {
    if (auth.strategy === 'admin-jwt') return false;
    const identify = getService(strapi, 'strategy').authenticate(auth);
    // Whoever is refused here is refused again, and told why, when connecting anew.
    const identity = await identify.catch(() => null);
    if (identity === null) return false;
    const { userId } = (data ?? {}) as { userId?: unknown };
    const same = (userId ?? null) === (identity.user?.id ?? null);
    return same && rooms.every((room) => !PRINCIPAL_ROOM.test(room) || room === identity.room);
  };
