import { fromRecord, type Identity, markOf } from '../access/identity';
import type { IdentityRecord } from '../../socket-io/native';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import type { Principal } from './principals';

/** Who is behind the sockets that have an object, as the engine has decided it. */
export function createIdentitiesService({ strapi }: ServiceContext) {
  const identities = new WeakMap<object, Identity>();
  const { config } = getService(strapi, 'options');
  const recovers = Boolean(config.socket?.serverOptions?.connectionStateRecovery);

  return {
    /** Shows application code who a socket is. */
    set(socket: SocketIOSocket, record: IdentityRecord): void {
      const identity = fromRecord(record);
      identities.set(socket, identity);
      socket.user = identity.user;
      const data = socket.data as Record<string, unknown>;
      data.userId = identity.user?.id ?? null;
      data.user = identity.user;
      // Part of the session that is kept for recovery.
      if (recovers) data.identity = markOf(identity);
    },

    of: (socket: object): Identity | undefined => identities.get(socket),

    /** The role or token of a socket, with its permissions; undefined if it may read nothing. */
    async principalOf(socket: object): Promise<Principal | undefined> {
      return getService(strapi, 'principals').find(identities.get(socket)?.principal);
    },
  };
}

export type IdentitiesService = ReturnType<typeof createIdentitiesService>;
