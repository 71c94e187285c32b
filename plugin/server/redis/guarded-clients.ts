import type { RedisClient } from './clients';

/**
 * The adapter sends without looking at the outcome, so a Redis that is away would leave it with
 * rejections nobody handles, which end the process, and with a queue that grows until it is back.
 * These stand before its clients: what cannot be sent now is not sent, and this node serves its own
 * clients meanwhile.
 */
function guard<C extends RedisClient>(client: C, replaced: Record<string, unknown>): C {
  return new Proxy(client, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function'
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
}

const quiet = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

export function guardPublisher(client: RedisClient): RedisClient {
  return guard(client, {
    publish: (channel: string, message: string | Buffer) =>
      client.isReady ? quiet(client.publish(channel, message)) : Promise.resolve(0),
    /** The adapter's one question: how many nodes listen. Without Redis there is this one. */
    async sendCommand(args: string[]): Promise<unknown> {
      const alone = [args.at(-1), '1'];
      if (!client.isReady) return alone;
      return client.sendCommand(args).catch(() => alone);
    },
  });
}

export function guardSubscriber(client: RedisClient): RedisClient {
  type Subscribe = (...args: unknown[]) => Promise<unknown>;
  type Method = 'subscribe' | 'pSubscribe' | 'unsubscribe' | 'pUnsubscribe';
  const call = (name: Method, args: unknown[]): Promise<unknown> =>
    quiet((client[name] as unknown as Subscribe).apply(client, args));
  /** A subscription that waits in the queue of a client which cannot connect yet is lost with it. */
  const once =
    (name: Method) =>
    (...args: unknown[]): void => {
      if (client.isReady) void call(name, args);
      else client.once('ready', () => void call(name, args));
    };
  const wrap =
    (name: Method) =>
    (...args: unknown[]): Promise<unknown> =>
      client.isReady ? call(name, args) : Promise.resolve();
  return guard(client, {
    subscribe: once('subscribe'),
    pSubscribe: once('pSubscribe'),
    unsubscribe: wrap('unsubscribe'),
    pUnsubscribe: wrap('pUnsubscribe'),
  });
}
