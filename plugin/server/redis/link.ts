/**
 * The connection to Redis, behind two stand-ins for the clients that the Redis adapter expects. The adapter sends without
 * looking at the outcome and keeps its subscriptions in a client; here a connection is watched, and replaced as a whole
 * with its subscriptions when it ends or hangs. What cannot be sent now is not sent.
 */
import { type RedisClient, type RedisPackages, hangUp, openClient } from './clients';
import { withinTime } from '../utils/within-time';
import { createPause } from './time-limits';

/** How long Redis may take for the connection and its subscriptions, and for any answer (milliseconds). */
const CONNECT_TIMEOUT = 5000;
export const ANSWER_TIMEOUT = 3000;
/** How often a connection is tried while nothing else is heard of it (milliseconds). */
const CHECK_INTERVAL = 1500;
/** Longest wait between two attempts to reach Redis (milliseconds). */
const MAX_BACKOFF = 5000;
/** What may be on its way to Redis; above it messages are dropped (bytes). */
const MAX_UNSENT = 16 * 1024 * 1024;

type Listener = (message: Buffer, channel: Buffer) => unknown;
type Kind = 'subscribe' | 'pSubscribe';

interface Subscription {
  kind: Kind;
  channel: string;
  listener: Listener;
}

export interface LinkEvents {
  /** The connection is there, with its subscriptions. */
  up: () => void;
  /** The connection is not there, or not any more; called for each attempt. */
  down: (reason: unknown) => void;
  /** A message was dropped, as Redis does not take them fast enough. */
  dropped: () => void;
}

export function createLink(packages: RedisPackages, url: string, events: LinkEvents) {
  const wanted = new Set<Subscription>();
  const pause = createPause();
  let publisher: RedisClient | null = null;
  let subscriber: RedisClient | null = null;
  /** Ends the current connection. */
  let lose: (reason: unknown) => void = () => undefined;
  let unsent = 0;
  let isStopped = false;
  let isUp = false;

  const add = async (client: RedisClient, { kind, channel, listener }: Subscription) => {
    await client[kind](channel, listener, true);
  };

  const connect = async (clients: readonly [RedisClient, RedisClient]): Promise<void> => {
    await Promise.all(clients.map((client) => client.connect()));
    // From now on `subscribe` reaches the client itself.
    subscriber = clients[1];
    await Promise.all([...wanted].map((one) => add(clients[1], one)));
    publisher = clients[0];
  };

  /** Rejects when Redis does not answer in time; a connection that hangs looks open otherwise. */
  const watch = async (clients: readonly RedisClient[]): Promise<never> => {
    for (;;) {
      await pause.for(CHECK_INTERVAL);
      if (isStopped) throw new Error('it is not needed any more');
      const answers = Promise.all(clients.map((client) => client.ping()));
      await withinTime(answers, ANSWER_TIMEOUT);
    }
  };

  /** One connection, from its begin to its end. Always rejects, with the reason. */
  const session = async (): Promise<never> => {
    const clients = [openClient(packages, url), openClient(packages, url)] as const;
    const lost = new Promise<never>((_, reject) => {
      lose = reject;
      for (const client of clients) {
        client.on('error', reject);
        client.on('end', () => reject(new Error('the connection ended')));
      }
    });
    lost.catch(() => undefined);
    try {
      await Promise.race([withinTime(connect(clients), CONNECT_TIMEOUT), lost]);
      if (!isStopped) {
        isUp = true;
        events.up();
      }
      return await Promise.race([watch(clients), lost]);
    } finally {
      publisher = null;
      subscriber = null;
      clients.forEach(hangUp);
    }
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !isStopped; attempt += 1) {
      try {
        await session();
      } catch (error) {
        if (isUp) attempt = 0;
        isUp = false;
        if (!isStopped) events.down(error);
      }
      if (!isStopped) await pause.for(Math.min(50 * 2 ** Math.min(attempt, 10), MAX_BACKOFF));
    }
  };

  const publish = async (channel: string, message: string | Buffer): Promise<number> => {
    const client = publisher;
    if (client === null) return 0;
    const bytes = Buffer.byteLength(message);
    if (unsent + bytes > MAX_UNSENT) {
      events.dropped();
      return 0;
    }
    unsent += bytes;
    try {
      return await client.publish(channel, message);
    } catch {
      // The connection has ended meanwhile, which `session` reports.
      return 0;
    } finally {
      unsent -= bytes;
    }
  };

  /** The adapter's one question: how many nodes listen. Without Redis there is this one. */
  const sendCommand = async (args: string[]): Promise<unknown> => {
    const client = publisher;
    if (client === null) return [args.at(-1), '1'];
    try {
      return await withinTime(client.sendCommand(args), ANSWER_TIMEOUT);
    } catch (error) {
      throw new Error('plugin io: Redis does not answer, so the other nodes cannot be asked', {
        cause: error,
      });
    }
  };

  const subscribe =
    (kind: Kind) =>
    async (channels: string | string[], listener: Listener): Promise<void> => {
      for (const channel of [channels].flat()) {
        const one = { kind, channel, listener };
        wanted.add(one);
        if (subscriber !== null) await add(subscriber, one).catch(lose);
      }
    };

  const unsubscribe =
    (kind: Kind) =>
    async (channels: string | string[], listener: Listener): Promise<void> => {
      for (const channel of [channels].flat()) {
        for (const one of wanted) {
          const isMeant = one.kind === kind && one.channel === channel && one.listener === listener;
          if (isMeant) wanted.delete(one);
        }
        const end = kind === 'subscribe' ? 'unsubscribe' : 'pUnsubscribe';
        await subscriber?.[end](channel, listener, true).catch(() => undefined);
      }
    };

  // The adapter listens to errors only to warn where nobody else does, and looks for a method to know the package.
  const client = {
    on: () => undefined,
    off: () => undefined,
    listenerCount: () => 1,
    pSubscribe: subscribe('pSubscribe'),
    sSubscribe: () => undefined,
  };

  return {
    /** In place of the adapter's client to publish with. */
    publisher: { ...client, publish, sendCommand },
    /** In place of the adapter's client to subscribe with. */
    subscriber: {
      ...client,
      subscribe: subscribe('subscribe'),
      unsubscribe: unsubscribe('subscribe'),
      pUnsubscribe: unsubscribe('pSubscribe'),
    },

    isUp: (): boolean => publisher !== null,

    start: (): void => void run(),

    stop(): void {
      isStopped = true;
      lose(new Error('it is not needed any more'));
      pause.end();
    },
  };
}

export type RedisLink = ReturnType<typeof createLink>;
