import { Server } from '../../socket-io';
import type { Engine } from '../../socket-io/native';
import { createRecovery } from '../auth/recovery';
import type { ServiceContext, SocketIO, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { serverOptions } from '../utils/server-options';
import { toError } from '../utils/to-error';

/** The Socket.IO server of this Strapi: made at bootstrap on Strapi's own port, closed at destroy. */
export function createServerService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const identities = getService(strapi, 'identities');
  const liveAccess = getService(strapi, 'live-access');
  let server: Server | null = null;

  const io = (): Server => {
    if (server === null) throw new Error('plugin io: the Socket.IO server is not running');
    return server;
  };

  const joinRooms = (socket: SocketIOSocket): void => {
    const identity = identities.of(socket);
    const rooms = [identity?.room, identity?.alias].filter((room) => room != null);
    if (rooms.length > 0) void socket.join(rooms);
    liveAccess.watch(socket);
    getService(strapi, 'rooms').guard(socket);
    const restored = socket.recovered
      ? getService(strapi, 'subscriptions').restore(socket)
      : Promise.resolve();
    getService(strapi, 'event-rules').attach(socket);
    getService(strapi, 'client-events').attach(socket, restored);
  };

  const create = (): Server => {
    const created = new Server(strapi.server.httpServer, {
      logger: strapi.log,
      ...serverOptions(getService(strapi, 'settings').current(), config),
      proxy: strapi.server.app,
      allowRequest: getService(strapi, 'security').gate(config.socket?.serverOptions?.allowRequest),
      mayRecover: createRecovery(strapi),
    });
    // Before any middleware of the application, which may rely on `socket.user`.
    created.use((socket, next) => {
      identities
        .authenticate(socket as SocketIOSocket)
        .then(() => getService(strapi, 'rooms').joinByRole(socket as SocketIOSocket))
        .then(() => next(), next);
    });
    created.on('connection', (socket) => joinRooms(socket as SocketIOSocket));
    return created;
  };

  return {
    io,

    /** The addon's engine; undefined while the server does not run. */
    engine: (): Engine | undefined => server?.native,

    /** The same where there is nothing to say without one. */
    requireEngine(): Engine {
      const engine = io().native;
      if (engine === undefined) throw new Error('plugin io: the Socket.IO server is not running');
      return engine;
    },

    /** Opens for connections; Strapi starts to listen only after bootstrap. */
    async start($io: SocketIO): Promise<void> {
      const created = create();
      server = created;
      getService(strapi, 'security').start();
      getService(strapi, 'monitoring').start();
      await getService(strapi, 'redis').start();
      // Before the hook, which may look at them.
      getService(strapi, 'namespaces').start(created);
      getService(strapi, 'cluster').start();
      getService(strapi, 'helpers').start();
      getService(strapi, 'rooms').start();
      try {
        await config.hooks?.init?.({ strapi, io: $io, $io });
      } catch (error) {
        throw new Error(`plugin io: hooks.init failed: ${toError(error).message}`, {
          cause: error,
        });
      }
      const handlers = getService(strapi, 'handlers');
      created.on('connection', (socket) => handlers.attach($io, socket as SocketIOSocket));
    },

    /** False if nobody is in the room. */
    mayHaveMembers: (room: string): boolean => io().mayHaveMembers(room),

    /** Disconnects everybody. Strapi's own HTTP server stays: Strapi closes it, later. */
    async stop(): Promise<void> {
      const closing = server;
      if (closing === null) return;
      getService(strapi, 'monitoring').stop();
      await getService(strapi, 'security').stop();
      server = null;
      await closing.detach();
      // Last: closing takes the namespaces off Redis.
      getService(strapi, 'redis').stop();
    },
  };
}

export type ServerService = ReturnType<typeof createServerService>;
