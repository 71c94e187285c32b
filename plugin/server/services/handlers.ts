import type { ServiceContext, SocketIO, SocketIOSocket } from '../types';
import { describeError } from '../utils/to-error';
import { getService } from '../utils/get-service';

const isConnection = (name: string): boolean => name === 'connection' || name === 'connect';

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
    /** For each new socket. Listeners first: the `connection` handlers may take their time. */
    attach(io: SocketIO, socket: SocketIOSocket): void {
      for (const event of onEvent) {
        const run = guarded(io, socket, event);
        socket.on(event.name, (...args: unknown[]) => void run(...args));
      }
      for (const event of onConnection) void guarded(io, socket, event)();
    },
  };
}

export type HandlersService = ReturnType<typeof createHandlersService>;
