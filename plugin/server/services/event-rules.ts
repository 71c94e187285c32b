import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';

/** The id of the Engine.IO session, which Socket.IO's types keep private. */
const connIdOf = ({ conn }: SocketIOSocket): string => (conn as unknown as { id: string }).id;

/** Which events the role of a socket lets it send. The engine enforces it, before JavaScript reads the event. */
export function createEventRulesService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  /** The engine reads packets of Socket.IO's own parser only. */
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
    /** To be called when the identity of a socket was set, and when the rules of its role may have changed. */
    async apply(socket: SocketIOSocket): Promise<void> {
      const principal = await getService(strapi, 'identities').principalOf(socket);
      const names =
        principal === undefined ? null : getService(strapi, 'permissions').allowedEvents(principal);
      allowed.set(socket, names);
      getService(strapi, 'server')
        .engine()
        ?.setEventNames(connIdOf(socket), socket.nsp.name, names === null ? null : [...names]);
    },

    /** For each new socket: with a parser of the application's, JavaScript judges the names of events. */
    attach(socket: SocketIOSocket): void {
      if (!hasOwnParser) return;
      socket.use(([event, ...args], next) => {
        if (isAllowed(socket, event)) return next();
        const reply: unknown = args.at(-1);
        const error = 'Event not allowed';
        if (typeof reply === 'function') {
          (reply as (answer: object) => void)({ success: false, error });
        } else {
          socket.emit('error', { message: error });
        }
      });
    },
  };
}

export type EventRulesService = ReturnType<typeof createEventRulesService>;
