import { Server } from '../../socket-io';
import type { ServiceContext, SocketIO, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { guardRooms } from '../utils/guard-rooms';
import { describeError, toError } from '../utils/to-error';
import { AuthError, type Identity } from './strategy';

/** The origin of the admin panel of a Strapi started with its defaults. */
const DEFAULT_CORS = { origin: 'http://localhost:1337', methods: ['GET'] };

/** The Socket.IO server of this Strapi: made at bootstrap on Strapi's own port, closed at destroy. */
export function createServerService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const identities = new WeakMap<object, Identity>();
  let server: Server | null = null;
  let localAdapter: unknown = null;

  const io = (): Server => {
    if (server === null) throw new Error('plugin io: the Socket.IO server is not running');
    return server;
  };

  /** Authenticates before any middleware of the application, which may rely on `socket.user`. */
  const authenticate = async (socket: SocketIOSocket): Promise<void> => {
    const auth = (socket.handshake.auth ?? {}) as Record<string, unknown>;
    // Also makes sure that the names of the roles are known before any room is joined.
    await getService(strapi, 'principals').list();
    const identity = await getService(strapi, 'strategy').authenticate(auth);
    identities.set(socket, identity);
    socket.user = identity.user;
    const data = socket.data as Record<string, unknown>;
    data.userId = identity.user?.id ?? null;
    data.user = identity.user;
  };

  const refusal = (error: unknown): Error => {
    if (error instanceof AuthError) return error;
    strapi.log.error(`plugin io: a connection could not be authenticated: ${describeError(error)}`);
    return new AuthError('Authentication failed', 'INTERNAL_ERROR');
  };

  const joinRooms = (socket: SocketIOSocket): void => {
    const identity = identities.get(socket);
    const rooms = [identity?.room, identity?.alias].filter((room) => room != null);
    if (rooms.length > 0) void socket.join(rooms);
    guardRooms(socket, (room) => getService(strapi, 'principals').isRoleName(room));
  };

  const create = (): Server => {
    const options = { cors: DEFAULT_CORS, logger: strapi.log, ...config.socket?.serverOptions };
    const created = new Server(strapi.server.httpServer, options);
    created.use((socket, next) => {
      authenticate(socket as SocketIOSocket).then(
        () => next(),
        (error: unknown) => next(refusal(error)),
      );
    });
    created.on('connection', (socket) => joinRooms(socket as SocketIOSocket));
    return created;
  };

  return {
    io,

    /** Opens for connections; Strapi starts to listen only after bootstrap. */
    async start($io: SocketIO): Promise<void> {
      const created = create();
      server = created;
      localAdapter = created.of('/').adapter.constructor;
      try {
        await config.hooks.init?.({ strapi, io: $io, $io });
      } catch (error) {
        throw new Error(`plugin io: hooks.init failed: ${toError(error).message}`, {
          cause: error,
        });
      }
      const handlers = getService(strapi, 'handlers');
      created.on('connection', (socket) => handlers.attach($io, socket as SocketIOSocket));
    },

    /** False if nobody is in the room; a foreign adapter has members this node does not know of. */
    mayHaveMembers(room: string): boolean {
      const { adapter } = io().of('/');
      return adapter.constructor !== localAdapter || (adapter.rooms.get(room)?.size ?? 0) > 0;
    },

    /** Disconnects everybody. Strapi's own HTTP server stays: Strapi closes it, later. */
    async stop(): Promise<void> {
      const closing = server;
      server = null;
      if (closing === null) return;
      await closing.detach();
    },
  };
}

export type ServerService = ReturnType<typeof createServerService>;
