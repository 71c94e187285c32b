import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';

/**
 * Which events the role of a socket lets it send, for applications with a parser of their own. Packets of Socket.IO's
 * own parser are judged by the engine.
 */
export function createEventRulesService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const hasOwnParser = config.socket?.serverOptions?.parser !== undefined;
  const allowed = new WeakMap<SocketIOSocket, readonly string[] | null>();

  const isAllowed = (socket: SocketIOSocket, event: unknown): boolean => {
    const { enabled, allowedEvents } = getService(strapi, 'settings').current().security
      .inputValidation;
    const isAdmin = getService(strapi, 'identities').of(socket)?.admin !== undefined;
    const lists = [
      allowed.get(socket) ?? null,
      enabled && !isAdmin && allowedEvents.length > 0 ? allowedEvents : null,
    ];
    return lists.every((list) => list === null || list.includes(String(event)));
  };

  return {
    /** To be called when the rules of the role of a socket may have changed. */
    async apply(socket: SocketIOSocket): Promise<void> {
      if (!hasOwnParser) return;
      const principal = await getService(strapi, 'identities').principalOf(socket);
      const names =
        principal === undefined ? null : getService(strapi, 'permissions').allowedEvents(principal);
      allowed.set(socket, names);
    },

    /** For each new socket. */
    attach(socket: SocketIOSocket): void {
      if (!hasOwnParser) return;
      const known = this.apply(socket);
      const judge = ([event, ...args]: unknown[], next: () => void): void => {
        if (isAllowed(socket, event)) return next();
        const reply: unknown = args.at(-1);
        const error = 'Event not allowed';
        if (typeof reply === 'function') {
          (reply as (answer: object) => void)({ success: false, error });
        } else {
          socket.emit('error', { message: error });
        }
      };
      // Rules that cannot be read allow nothing.
      socket.use((packet, next) => void known.then(() => judge(packet, next), next));
    },
  };
}

export type EventRulesService = ReturnType<typeof createEventRulesService>;
