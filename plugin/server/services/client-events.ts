import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { createRemoteSockets } from '../utils/remote-sockets';
import { describeError } from '../utils/to-error';

/** Requests of one socket that may wait for the database at the same time. */
const MAX_WAITING = 100;

const ROOM_EVENTS = ['join-room', 'leave-room', 'get-rooms', 'private-message'];
const ENTITY_EVENTS = ['subscribe-entity', 'unsubscribe-entity', 'get-entity-subscriptions'];

type Answer = Record<string, unknown>;

const textOf = (value: unknown): string | null => {
  if (value === undefined) return null;
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    // What a parser of the application's makes may be no JSON.
    return 'null';
  }
};

/**
 * The events that every client may send without the application doing anything for it. The engine answers them; here
 * are only those of sockets that have an object, as somebody in JavaScript may listen to them, too.
 */
export function createClientEventsService({ strapi }: ServiceContext) {
  const server = () => getService(strapi, 'server');
  const remoteSockets = createRemoteSockets(() => getService(strapi, 'cluster').isClustered());
  /** Names for which the application has handlers of its own: it answers these, not the plugin. */
  const taken = new Set(getService(strapi, 'options').config.events.map(({ name }) => name));
  const untaken = (names: string[]): string[] => names.filter((name) => !taken.has(name));

  /** Whether another node has the socket that a request names. Throws a `Refusal` over the limits. */
  const isElsewhere = async (
    socket: SocketIOSocket,
    event: string,
    payload: unknown,
  ): Promise<boolean> => {
    const id =
      event === 'private-message' ? (payload as { to?: unknown } | null | undefined)?.to : payload;
    if (event !== 'join-room' && event !== 'private-message') return false;
    if (typeof id !== 'string' || socket.nsp.adapter.sids.has(id)) return false;
    // What the engine refuses in any case costs the other nodes nothing.
    const { rooms } = getService(strapi, 'settings').current();
    if (event === 'private-message' && !rooms.enablePrivateRooms) return false;
    return !socket.rooms.has(id) && remoteSockets.has(socket, id);
  };

  const answer = async (
    socket: SocketIOSocket,
    event: string,
    payload: unknown,
  ): Promise<Answer> => {
    const { name } = socket.nsp;
    const elsewhere = await isElsewhere(socket, event, payload);
    const said = await server()
      .requireEngine()
      .clientEvent(name, socket.id, event, textOf(payload), elsewhere);
    server().io().followRooms(name, socket.id, said.joined, said.left);
    if (said.to !== null && said.message !== null) {
      socket.nsp.to(said.to).emit('private-message', JSON.parse(said.message));
    }
    return JSON.parse(said.answer) as Answer;
  };

  const failure = (socket: SocketIOSocket, event: string, error: unknown): Answer => {
    if (error instanceof Refusal) return { success: false, error: error.message };
    if (server().engine()?.mayLog(`"${event}"`) !== false) {
      strapi.log.error(
        `plugin io: "${event}" failed for socket ${socket.id}: ${describeError(error)}`,
      );
    }
    return { success: false, error: 'Internal error' };
  };

  /** One request after the other, in the order in which they came: they build on each other. */
  const listen = (socket: SocketIOSocket, events: string[], ready: Promise<void>): void => {
    let waiting = 0;
    let last: Promise<unknown> = ready;
    for (const event of untaken(events)) {
      socket.on(event, (...args: unknown[]) => {
        const ack = args.at(-1);
        const reply = (said: Answer): void => {
          if (typeof ack === 'function') (ack as (answer: Answer) => void)(said);
        };
        const payload = typeof args[0] === 'function' ? undefined : args[0];
        if (waiting >= MAX_WAITING) {
          return reply({ success: false, error: 'Too many requests at once' });
        }
        waiting += 1;
        last = last
          .then(() => answer(socket, event, payload))
          .then(reply, (error: unknown) => reply(failure(socket, event, error)))
          .finally(() => (waiting -= 1));
      });
    }
  };

  return {
    /** Has the engine answer these events. */
    start: (): void =>
      server()
        .requireEngine()
        .setClientEvents(untaken([...ROOM_EVENTS, ...ENTITY_EVENTS])),

    /** A socket of the main namespace, where content events are sent. Its requests wait until `ready`. */
    attach: (socket: SocketIOSocket, ready: Promise<void>): void =>
      listen(socket, [...ROOM_EVENTS, ...ENTITY_EVENTS], ready),

    /** A socket of another namespace. */
    attachRooms: (socket: SocketIOSocket): void => listen(socket, ROOM_EVENTS, Promise.resolve()),
  };
}

export type ClientEventsService = ReturnType<typeof createClientEventsService>;
