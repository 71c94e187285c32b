import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { describeError } from '../utils/to-error';

/** Requests of one socket that may wait for the database at the same time. */
const MAX_WAITING = 100;

const MAX_MESSAGE = 10_000;

type Answer = Record<string, unknown>;
type Handler = (socket: SocketIOSocket, payload: unknown) => Answer | Promise<Answer>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The events that every client may send without the application doing anything for it. */
export function createClientEventsService({ strapi }: ServiceContext) {
  const rooms = () => getService(strapi, 'rooms');
  const subscriptions = () => getService(strapi, 'subscriptions');
  /** Names for which the application has handlers of its own: it answers these, not the plugin. */
  const taken = new Set(getService(strapi, 'options').config.events.map(({ name }) => name));

  const entityOf = (payload: unknown): { uid: unknown; id: unknown } => {
    if (!isObject(payload)) throw new Refusal('Invalid parameters: expected { uid, id }');
    return { uid: payload.uid, id: payload.id };
  };

  const privateMessage: Handler = async (socket, payload) => {
    if (!getService(strapi, 'settings').current().rooms.enablePrivateRooms) {
      throw new Refusal('Private messages are disabled');
    }
    if (!isObject(payload)) throw new Refusal('Invalid parameters: expected { to, message }');
    const { to, message } = payload;
    if (typeof to !== 'string') throw new Refusal('Invalid recipient: expected a socket id');
    if (typeof message !== 'string' || message === '' || message.length > MAX_MESSAGE) {
      throw new Refusal(`Invalid message: expected text of 1 to ${MAX_MESSAGE} characters`);
    }
    if (!(await rooms().isSocket(socket, to))) throw new Refusal('Target socket not found');
    socket.nsp.to(to).emit('private-message', {
      from: socket.id,
      fromUser: socket.user?.username ?? 'anonymous',
      message,
      timestamp: Date.now(),
    });
    return {};
  };

  const roomEvents: Record<string, Handler> = {
    'join-room': async (socket, name) => ({ room: await rooms().join(socket, name) }),
    'leave-room': async (socket, name) => ({ room: await rooms().leave(socket, name) }),
    'get-rooms': (socket) => ({ rooms: rooms().list(socket) }),
    'private-message': privateMessage,
  };

  const entityEvents: Record<string, Handler> = {
    'subscribe-entity': async (socket, payload) => {
      const { uid, id } = entityOf(payload);
      return { room: await subscriptions().subscribe(socket, uid, id), uid, id };
    },
    'unsubscribe-entity': async (socket, payload) => {
      const { uid, id } = entityOf(payload);
      return { room: await subscriptions().unsubscribeByAnyId(socket, uid, id), uid, id };
    },
    'get-entity-subscriptions': (socket) => ({ subscriptions: subscriptions().list(socket) }),
  };

  const failure = (socket: SocketIOSocket, event: string, error: unknown): Answer => {
    if (error instanceof Refusal) return { success: false, error: error.message };
    // While a database is away every request of every client fails.
    if (getService(strapi, 'server').engine()?.mayLog(`"${event}"`) === false) {
      return { success: false, error: 'Internal error' };
    }
    strapi.log.error(
      `plugin io: "${event}" failed for socket ${socket.id}: ${describeError(error)}`,
    );
    return { success: false, error: 'Internal error' };
  };

  /** One request after the other, in the order in which they came: they build on each other. */
  const listen = (
    socket: SocketIOSocket,
    handlers: Record<string, Handler>,
    ready: Promise<void>,
  ): void => {
    let waiting = 0;
    let last: Promise<unknown> = ready;
    for (const [event, handler] of Object.entries(handlers)) {
      if (taken.has(event)) continue;
      socket.on(event, (...args: unknown[]) => {
        const ack = args.at(-1);
        const reply = (answer: Answer): void => {
          if (typeof ack === 'function') (ack as (answer: Answer) => void)(answer);
        };
        const payload = typeof args[0] === 'function' ? undefined : args[0];
        if (waiting >= MAX_WAITING) {
          return reply({ success: false, error: 'Too many requests at once' });
        }
        waiting += 1;
        last = last
          .then(() => handler(socket, payload))
          .then(
            (answer) => reply({ success: true, ...answer }),
            (error: unknown) => reply(failure(socket, event, error)),
          )
          .finally(() => (waiting -= 1));
      });
    }
  };

  return {
    /** A socket of the main namespace, where content events are sent. Its requests wait until `ready`. */
    attach: (socket: SocketIOSocket, ready: Promise<void>): void =>
      listen(socket, { ...roomEvents, ...entityEvents }, ready),

    /** A socket of another namespace. */
    attachRooms: (socket: SocketIOSocket): void => listen(socket, roomEvents, Promise.resolve()),
  };
}

export type ClientEventsService = ReturnType<typeof createClientEventsService>;
