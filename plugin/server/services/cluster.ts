import { Adapter } from 'socket.io-adapter';
import type { z } from 'zod';

import { LimitedLog } from '../../socket-io/limited-log';
import { MESSAGES } from '../cluster/messages';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';

/** The event that nodes send each other; not a name that applications would choose. */
const CALL = 'io:call';

/**
 * Does what another node asks for; undefined if that is not for this node, as a socket is not here. The arguments are as
 * `MESSAGES` describes them.
 */
type Handler = (args: unknown[]) => unknown;

/**
 * Reaches the other nodes: tells them what has changed, asks all how they are, or has something done
 * for a socket by the one that has it, with its own checks. Without an adapter there are none.
 */
export function createClusterService({ strapi }: ServiceContext) {
  const handlers = new Map<string, Handler>();
  const listeners = new Set<() => unknown>();
  const server = () => getService(strapi, 'server');
  const droppedLog = new LimitedLog((line) => strapi.log.warn(line));
  const failedLog = new LimitedLog((line) => strapi.log.error(line));
  const unansweredLog = new LimitedLog((line) => strapi.log.warn(line));
  let dropped = 0;

  /** The value as the schema has it; null if it is something else, which is counted. */
  const checked = <T>(name: string, schema: z.ZodType<T>, value: unknown): T | null => {
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    dropped += 1;
    const [{ path, message }] = error.issues;
    droppedLog.add(
      `plugin io: ${JSON.stringify(name)} of another node was dropped: ${path.join('.') || 'it'}: ${message}`,
    );
    return null;
  };

  const answersOf = (name: string, answers: unknown): unknown[] => {
    const { answer } = MESSAGES[name];
    if (!Array.isArray(answers)) return [];
    const given = (answers as unknown[]).filter((one) => one != null);
    if (answer === undefined) return given;
    return given.map((one) => checked(name, answer, one)).filter((one) => one !== null);
  };

  /** Adapters that connect no servers have the base class's `serverSideEmit`, which never answers. */
  const isClustered = (): boolean =>
    server().io().of('/').adapter.serverSideEmit !== Adapter.prototype.serverSideEmit;

  const answer = async (name: unknown, args: unknown): Promise<unknown> => {
    // Newer versions may say more.
    const handler = typeof name === 'string' ? handlers.get(name) : undefined;
    if (handler === undefined) return undefined;
    const parsed = checked(name as string, MESSAGES[name as string].args, args);
    if (parsed === null) return undefined;
    try {
      return await handler(parsed);
    } catch (error) {
      failedLog.add(
        `plugin io: ${String(name)} failed, as another node asked for it: ${describeError(error)}`,
      );
      return undefined;
    }
  };

  return {
    /** Whether an adapter connects this server with others. */
    isClustered,

    /** Messages of other nodes that were malformed, those of the adapter included. */
    dropped: (): number => dropped + server().io().droppedMessages,

    handle(name: string, handler: Handler): void {
      if (!Object.hasOwn(MESSAGES, name)) throw new Error(`plugin io: no message ${name}`);
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
      return answersOf(name, await server().io().serverSideEmitWithAck(CALL, name, args))[0];
    },

    /** What each of the other nodes answers; of those that do in the adapter's time. */
    async askAll(name: string, args: unknown[]): Promise<unknown[]> {
      if (!isClustered()) return [];
      try {
        return answersOf(name, await server().io().serverSideEmitWithAck(CALL, name, args));
      } catch (error) {
        const { message, responses } = error as Error & { responses?: unknown };
        unansweredLog.add(`plugin io: not all nodes answered ${name}: ${message}`);
        return answersOf(name, responses);
      }
    },
  };
}

export type ClusterService = ReturnType<typeof createClusterService>;
