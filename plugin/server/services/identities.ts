import { AuthError, type Identity } from '../auth/identity';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import type { Principal } from './principals';

/** Who is behind each socket: set when it authenticates, kept right while it is connected. */
export function createIdentitiesService({ strapi }: ServiceContext) {
  const identities = new WeakMap<object, Identity>();
  const connected = new Set<SocketIOSocket>();

  const set = (socket: SocketIOSocket, identity: Identity): void => {
    identities.set(socket, identity);
    socket.user = identity.user;
    const data = socket.data as Record<string, unknown>;
    data.userId = identity.user?.id ?? null;
    data.user = identity.user;
  };

  /** What the client is told: the reason if it is its own, else that something failed here. */
  const refusal = (error: unknown): AuthError => {
    if (error instanceof AuthError) return error;
    strapi.log.error(`plugin io: a connection could not be authenticated: ${describeError(error)}`);
    return new AuthError('Authentication failed', 'INTERNAL_ERROR');
  };

  return {
    /** Throws an `AuthError`, whose message and data are for the client. */
    async authenticate(socket: SocketIOSocket, mayBePublic = true): Promise<Identity> {
      getService(strapi, 'live-access').begin(socket);
      try {
        const auth = (socket.handshake.auth ?? {}) as Record<string, unknown>;
        // Also makes sure that the names of the roles are known before any room is joined.
        await getService(strapi, 'principals').list();
        const identity = await getService(strapi, 'strategy').authenticate(auth);
        if (!mayBePublic && identity.strategy === 'public') {
          throw new AuthError('Authentication required', 'AUTHENTICATION_REQUIRED');
        }
        set(socket, identity);
        return identity;
      } catch (thrown) {
        const error = refusal(thrown);
        getService(strapi, 'monitoring').logRefusal(socket, error.data.code);
        throw error;
      }
    },

    set,

    of: (socket: object): Identity | undefined => identities.get(socket),

    /** The role or token of a socket, with its permissions; undefined if it may read nothing. */
    async principalOf(socket: object): Promise<Principal | undefined> {
      const principal = identities.get(socket)?.principal;
      if (principal == null) return undefined;
      const { kind, id } = principal;
      return (await getService(strapi, 'principals').list()).find(
        (other) => other.kind === kind && other.id === id,
      );
    },

    /** From its connection to its end a socket is among those `sockets` returns. */
    track(socket: SocketIOSocket): void {
      connected.add(socket);
      socket.once('disconnect', () => connected.delete(socket));
    },

    sockets: (): SocketIOSocket[] => [...connected],
  };
}

export type IdentitiesService = ReturnType<typeof createIdentitiesService>;
