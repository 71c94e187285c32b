import { AuthError, type Identity, markOf } from '../auth/identity';
import type { Engine } from '../../socket-io/native';
import type { NativeConn } from '../../socket-io/native-conn';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import type { Principal } from './principals';

const connOf = ({ conn }: SocketIOSocket): string => (conn as unknown as NativeConn).id;

/** Who is behind each socket: set when it authenticates, kept right while it is connected. */
export function createIdentitiesService({ strapi }: ServiceContext) {
  const identities = new WeakMap<object, Identity>();
  /** When each was checked last (milliseconds, monotonic), the longest ago first. */
  const connected = new Map<SocketIOSocket, number>();
  const { config } = getService(strapi, 'options');
  const recovers = Boolean(config.socket?.serverOptions?.connectionStateRecovery);

  const engine = (): Engine => getService(strapi, 'server').requireEngine();

  const set = (socket: SocketIOSocket, identity: Identity): void => {
    identities.set(socket, identity);
    socket.user = identity.user;
    const data = socket.data as Record<string, unknown>;
    data.userId = identity.user?.id ?? null;
    data.user = identity.user;
    // Part of the session that is kept for recovery.
    if (recovers) data.identity = markOf(identity);
  };

  /**
   * A recovered socket has the rooms of the identity that its session was checked for. Should it be another one by now,
   * the connection ends, and the client connects anew by itself.
   */
  const checkRecovered = (socket: SocketIOSocket, identity: Identity): void => {
    const { identity: mark } = socket.data as { identity?: unknown };
    if (!socket.recovered || mark === markOf(identity)) return;
    socket.conn.close();
    throw new AuthError('Access has changed', 'ACCESS_CHANGED');
  };

  /** What the client is told: the reason if it is its own, else that something failed here. */
  const refusal = (error: unknown): AuthError => {
    if (error instanceof AuthError) return error;
    if (engine().mayLog('authentication')) {
      strapi.log.error(
        `plugin io: a connection could not be authenticated: ${describeError(error)}`,
      );
    }
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
        checkRecovered(socket, identity);
        set(socket, identity);
        await getService(strapi, 'event-rules').apply(socket);
        if (identity.strategy !== 'public') engine().authPassed(connOf(socket));
        return identity;
      } catch (thrown) {
        const error = refusal(thrown);
        if (error.isGuess) engine().authFailed(connOf(socket));
        getService(strapi, 'monitoring').logRefusal(socket, error.data.code);
        throw error;
      }
    },

    set,

    of: (socket: object): Identity | undefined => identities.get(socket),

    /** The role or token of a socket, with its permissions; undefined if it may read nothing. */
    async principalOf(socket: object): Promise<Principal | undefined> {
      return getService(strapi, 'principals').find(identities.get(socket)?.principal);
    },

    /** From its connection to its end a socket is among those `sockets` returns. */
    track(socket: SocketIOSocket): void {
      connected.set(socket, performance.now());
      socket.once('disconnect', () => connected.delete(socket));
    },

    /** Notes that what the socket may do has just been read from the database. */
    checked(socket: SocketIOSocket): void {
      if (connected.delete(socket)) connected.set(socket, performance.now());
    },

    checkedAt: (socket: SocketIOSocket): number => connected.get(socket) ?? performance.now(),

    /** Those that were not checked for the longest time first. */
    sockets: (): SocketIOSocket[] => [...connected.keys()],
  };
}

export type IdentitiesService = ReturnType<typeof createIdentitiesService>;
