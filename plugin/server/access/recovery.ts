import type { Session } from 'socket.io-adapter';

import type { IdentityRecord } from '../../socket-io/native';
import type { Strapi } from '../types';
import { isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { isOwnRoom } from '../utils/own-rooms';
import { fromRecord, markOf } from './identity';

/** Socket.IO's default for `maxDisconnectionDuration` (milliseconds). */
const MAX_DISCONNECTION = 2 * 60 * 1000;

/**
 * Decides whether a client gets its session back with connection state recovery, and with it its rooms and the events
 * it missed. The session must belong to the same identity, and neither what this identity may read nor a setting may
 * have changed since the client was disconnected: the missed events were sanitized for the permissions of then.
 * Clients that are refused connect anew. Admins always do, as their tokens are counted.
 */
export const createRecovery = (strapi: Strapi) => {
  const { config } = getService(strapi, 'options');
  const { maxDisconnectionDuration = MAX_DISCONNECTION } =
    config.socket?.serverOptions?.connectionStateRecovery ?? {};

  /** Only the adapter that keeps sessions in memory says when; a session is never older than this. */
  const leftAt = (session: Session): number =>
    (session as Session & { disconnectedAt?: number }).disconnectedAt ??
    Date.now() - maxDisconnectionDuration;

  return async (session: Session, record: IdentityRecord): Promise<boolean> => {
    const identity = fromRecord(record);
    if (identity.strategy === 'admin-jwt') return false;
    const { identity: mark } = (session.data ?? {}) as { identity?: unknown };
    if (mark !== markOf(identity)) return false;
    const principal = await getService(strapi, 'principals').find(identity.principal);
    const changedAt = Math.max(
      getService(strapi, 'settings').changedAt(),
      principal?.grantedSince ?? 0,
    );
    return (
      changedAt < leftAt(session) &&
      session.rooms.every(
        (room) => !isInternalRoom(room) || isOwnRoom(room, principal?.room ?? null),
      )
    );
  };
};
