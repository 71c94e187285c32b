import type { Server } from '../../socket-io';
import type { ServiceContext, SocketIO, SocketIOSocket } from '../types';
import { describeError } from '../utils/to-error';
import { getService } from '../utils/get-service';
import { RENEW_EVENT } from './admin-sessions';
import { MONITORING_EVENTS } from './monitoring-live';
import { PRESENCE_EVENTS } from './presence';

const isConnection = (name: string): boolean => name === 'connection' || name === 'connect';

/** Events that are no client's to send: a handler for one of them needs an object for every socket. */
const isOfEverySocket = (name: string): boolean =>
  isConnection(name) || name === 'disconnect' || name === 'disconnecting';

/** Runs the handlers of the configuration's `events`. */
export function createHandlersService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const onConnection = config.events.filter(({ name }) => isConnection(name));
  const onEvent = config.events.filter(({ name }) => !isConnection(name));

  /** A handler that fails, at once or later, is reported and costs nobody else anything. */
  const guarded =
    (io: SocketIO, socket: SocketIOSocket, { name, handler }: (typeof config.events)[number]) =>
    async (...args: unknown[]): Promise<void> => {
      try {
        await handler({ strapi, io }, socket, ...args);
      } catch (error) {
        strapi.log.error(
          `plugin io: the handler of "${name}" failed for socket ${socket.id}: ${describeError(error)}`,
        );
      }
    };

  return {
    /**
     * Before the first connection. A client gets an object when it sends an event that somebody handles, and at once if
     * the configuration has a handler that concerns every socket.
     */
    start(server: Server, io: SocketIO): void {
      getService(strapi, 'server').onSocket((socket) => {
        for (const event of onEvent) {
          const run = guarded(io, socket, event);
          socket.on(event.name, (...args: unknown[]) => void run(...args));
        }
      });
      if (config.events.some(({ name }) => isOfEverySocket(name))) {
        server.on('connection', (socket) => {
          for (const event of onConnection) void guarded(io, socket as SocketIOSocket, event)();
        });
      }
      server.native?.setHandledEvents([
        ...onEvent.map(({ name }) => name),
        ...PRESENCE_EVENTS,
        ...MONITORING_EVENTS,
        RENEW_EVENT,
      ]);
    },
  };
}

export type HandlersService = ReturnType<typeof createHandlersService>;
