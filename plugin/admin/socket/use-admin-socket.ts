import { useCallback, useSyncExternalStore } from 'react';
import { useAuth } from '@strapi/strapi/admin';

import { acquireConnection, type AdminSocket, currentConnection, IDLE } from './connection';

const nothing = () => () => undefined;
const idle = () => IDLE;

/**
 * The Socket.IO connection of the panel, shared by all of a browser tab. It comes back by itself,
 * on the same socket: join and subscribe in an effect that depends on `socket` and `status`, and
 * take the listeners off in its cleanup.
 */
export function useAdminSocket(enabled = true): AdminSocket {
  const userId = useAuth('useAdminSocket', ({ user, token }) =>
    token === null || user === undefined ? null : Number(user.id),
  );
  const acquire = useCallback(
    (listener: () => void) => (userId === null ? nothing() : acquireConnection(userId, listener)),
    [userId],
  );
  const isUsed = enabled && userId !== null;
  return useSyncExternalStore(isUsed ? acquire : nothing, isUsed ? currentConnection : idle);
}
