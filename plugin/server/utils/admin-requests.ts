import type { SocketIOSocket, Strapi } from '../types';
import { Refusal } from './refusal';
import { SerialQueue } from './serial-queue';
import { describeError } from './to-error';

/** Answers a request: what the acknowledgement says besides `success`. Throws a `Refusal`. */
export type Action = (payload: unknown) => object | Promise<object>;

/** Requests of one socket that may wait for the one before. */
const MAX_WAITING = 50;

const acknowledge = (args: unknown[], answer: object): void => {
  const ack: unknown = args.at(-1);
  if (typeof ack === 'function') (ack as (answer: object) => void)(answer);
};

/** Answers what the panel of an admin asks, one after the other: who joins and leaves at once has left. */
export function serveRequests(
  strapi: Strapi,
  socket: SocketIOSocket,
  actions: Readonly<Record<string, Action>>,
): void {
  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: a request of ${socket.id} failed: ${describeError(error)}`);
  });
  let waiting = 0;

  const run = async (event: string, action: Action, args: unknown[]): Promise<void> => {
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    try {
      acknowledge(args, { success: true, ...(await action(payload)) });
    } catch (error) {
      const isTheirs = error instanceof Refusal;
      if (!isTheirs) strapi.log.error(`plugin io: ${event} failed: ${describeError(error)}`);
      const message = isTheirs ? error.message : 'Internal error';
      acknowledge(args, { success: false, error: message });
    }
  };

  for (const [event, action] of Object.entries(actions)) {
    socket.on(event, (...args: unknown[]) => {
      if (waiting >= MAX_WAITING) {
        acknowledge(args, { success: false, error: 'Too many requests at once' });
        return;
      }
      waiting += 1;
      queue.add(() => run(event, action, args).finally(() => (waiting -= 1)));
    });
  }
  socket.on('disconnect', () => void queue.close());
}

/** Answers the same requests of everybody else, who would wait for nothing otherwise. */
export function createRefuser(
  events: readonly string[],
  error: string,
): (socket: SocketIOSocket) => void {
  const refused = new Set(events);
  const listener = (event: string, ...args: unknown[]): void => {
    if (refused.has(event)) acknowledge(args, { success: false, error });
  };
  // One listener for all: most sockets are of no admin, and there may be very many of them.
  return (socket) => void socket.onAny(listener);
}
