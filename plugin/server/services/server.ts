import { Server } from '../../socket-io';
import type { AccessHooks } from '../../socket-io/access';
import type { Engine } from '../../socket-io/native';
import { createRecovery } from '../access/recovery';
import type { ServiceContext, SocketIO, SocketIOSocket } from '../types';
import { dismissExpired } from '../utils/dismiss';
import { getService } from '../utils/get-service';
import { serverOptions } from '../utils/server-options';
import { toError } from '../utils/to-error';

/** Called with a socket of the main namespace that has an object. `isNew` is false if it was connected before that. */
type SocketListener = (socket: SocketIOSocket, isNew: boolean) => void;

/** The Socket.IO server of this Strapi: made at bootstrap on Strapi's own port, closed at destroy. */
export function createServerService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const identities = getService(strapi, 'identities');
  const liveAccess = getService(strapi, 'live-access');
  const listeners: SocketListener[] = [];
  let server: Server | null = null;

  const io = (): Server => {
    if (server === null) throw new Error('plugin io: the Socket.IO server is not running');
    return server;
  };

  /** Most sockets have no object: the engine decides about them alone. */
  const connected: SocketListener = (socket, isNew) => {
    liveAccess.watch(socket, isNew);
    getService(strapi, 'rooms').guard(socket);
    getService(strapi, 'event-rules').attach(socket);
    if (socket.nsp.name !== '/') {
      getService(strapi, 'client-events').attachRooms(socket);
      return;
    }
    const restored = socket.recovered
      ? getService(strapi, 'subscriptions').restore(socket)
      : Promise.resolve();
    getService(strapi, 'client-events').attach(socket, restored);
    for (const listener of listeners) listener(socket, isNew);
  };

  const access: AccessHooks = {
    work: () => getService(strapi, 'access').work(),
    judging: (socket) => liveAccess.begin(socket as unknown as SocketIOSocket),
    admitted: (socket, identity) => identities.set(socket as unknown as SocketIOSocket, identity),
    connected: (socket, isNew) => connected(socket as unknown as SocketIOSocket, isNew),
    expired: (socket) => dismissExpired(socket as unknown as SocketIOSocket),
  };

  const create = (): Server => {
    const created = new Server(strapi.server.httpServer, {
      logger: strapi.log,
      ...serverOptions(getService(strapi, 'settings').current(), config),
      proxy: strapi.server.app,
      allowRequest: getService(strapi, 'security').gate(config.socket?.serverOptions?.allowRequest),
      mayRecover: createRecovery(strapi),
      access,
    });
    created.guardNamespace('/', { isPublic: true, hasContent: true });
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

    /** Calls back with each socket of the main namespace that gets an object, from its connection on. */
    onSocket(listener: SocketListener): void {
      listeners.push(listener);
    },

    /** Opens for connections; Strapi starts to listen only after bootstrap. */
    async start($io: SocketIO): Promise<void> {
      const created = create();
      server = created;
      getService(strapi, 'access').start();
      getService(strapi, 'security').start();
      getService(strapi, 'monitoring').start();
      await getService(strapi, 'redis').start();
      // Before the hook, which may look at them.
      getService(strapi, 'namespaces').start(created);
      getService(strapi, 'cluster').start();
      getService(strapi, 'helpers').start();
      try {
        await config.hooks?.init?.({ strapi, io: $io, $io });
      } catch (error) {
        throw new Error(`plugin io: hooks.init failed: ${toError(error).message}`, {
          cause: error,
        });
      }
      getService(strapi, 'handlers').start(created, $io);
    },

    /** False if nobody is in the room. */
    mayHaveMembers: (room: string): boolean => io().mayHaveMembers(room),

    /** Disconnects everybody. Strapi's own HTTP server stays: Strapi closes it, later. */
    async stop(): Promise<void> {
      const closing = server;
      if (closing === null) return;
      await getService(strapi, 'access').stop();
      getService(strapi, 'monitoring').stop();
      await getService(strapi, 'security').stop();
      server = null;
      listeners.length = 0;
      await closing.detach();
      // Last: closing takes the namespaces off Redis.
      getService(strapi, 'redis').stop();
    },
  };
}

export type ServerService = ReturnType<typeof createServerService>;
