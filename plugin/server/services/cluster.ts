import { Adapter } from 'socket.io-adapter';

import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';

/** The event that nodes send each other; not a name that applications would choose. */
const CALL = 'io:call';

/** Does what another node asks for; undefined if that is not for this node, as a socket is not here. */
type Handler = (args: unknown[]) => unknown;

/**
 * Reaches the other nodes: tells them what has changed, asks all how they are, or has something done
 * for a socket by the one that has it, with its own checks. Without an adapter there are none.
 */
export function createClusterService({ strapi }: ServiceContext) {
  const handlers = new Map<string, Handler>();
  const listeners = new Set<() => unknown>();
  const server = () => getService(strapi, 'server');

  /** Adapters that connect no servers have the base class's `serverSideEmit`, which never answers. */
  const isClustered = (): boolean =>
    server().io().of('/').adapter.serverSideEmit !== Adapter.prototype.serverSideEmit;

  const answer = async (name: unknown, args: unknown): Promise<unknown> => {
    const handler = handlers.get(String(name));
    if (handler === undefined || !Array.isArray(args)) return undefined;
    try {
      return await handler(args);
    } catch (error) {
      strapi.log.error(
        `plugin io: ${String(name)} failed, as another node asked for it: ${describeError(error)}`,
      );
      return undefined;
    }
  };

  return {
    /** Whether an adapter connects this server with others. */
    isClustered,

    handle(name: string, handler: Handler): void {
      handlers.set(name, handler);
    },

    /** Calls back when the other nodes come within reach: what they told before, this one has missed. */
    onReached(listener: () => unknown): void {
      listeners.add(listener);
    },

    /** To be called when the other nodes have come within reach. */
    reached(): void {
      for (const listener of listeners) {
        Promise.resolve()
          .then(listener)
          .catch((error: unknown) => {
            strapi.log.error(
              `plugin io: this node did not catch up with the others: ${describeError(error)}`,
            );
          });
      }
    },

    /** Once the server is there, before connections are. */
    start(): void {
      server()
        .io()
        .on(CALL, (...message: unknown[]) => {
          const [name, args, reply] = message;
          void answer(name, args).then((result) => {
            if (typeof reply === 'function') (reply as (result: unknown) => void)(result ?? null);
          });
        });
    },

    /** Tells the other nodes, without waiting. False: there are none. */
    tell(name: string, args: unknown[]): boolean {
      if (!isClustered()) return false;
      server().io().serverSideEmit(CALL, name, args);
      return true;
    },

    /** What the node that has the socket answers; undefined if none has it. */
    async ask(name: string, args: unknown[]): Promise<unknown> {
      if (!isClustered()) return undefined;
      const answers = (await server().io().serverSideEmitWithAck(CALL, name, args)) as unknown[];
      return answers.find((one) => one != null);
    },

    /** What each of the other nodes answers; of those that do in the adapter's time. */
    async askAll(name: string, args: unknown[]): Promise<unknown[]> {
      if (!isClustered()) return [];
      try {
        const answers = (await server().io().serverSideEmitWithAck(CALL, name, args)) as unknown[];
        return answers.filter((one) => one != null);
      } catch (error) {
        strapi.log.warn(`plugin io: not all nodes answered ${name}: ${describeError(error)}`);
        const { responses = [] } = error as { responses?: unknown[] };
        return responses.filter((one) => one != null);
      }
    },
  };
}

export type ClusterService = ReturnType<typeof createClusterService>;
