import { createRequire } from 'node:module';
import path from 'node:path';

import type { createAdapter as CreateAdapter } from '@socket.io/redis-adapter';
import type { createClient as CreateClient } from 'redis';

import { toError } from '../utils/to-error';
import { withinTime } from '../utils/within-time';

export type RedisClient = ReturnType<typeof CreateClient>;

export interface RedisPackages {
  createClient: typeof CreateClient;
  createAdapter: typeof CreateAdapter;
}

/** How long a connection may take until Redis is asked something (milliseconds). */
const CONNECT_TIMEOUT = 3000;

/** The optional packages, of the application or beside the plugin. */
export function loadPackages(appRoot: string): RedisPackages {
  const places = [createRequire(path.join(appRoot, 'package.json')), createRequire(__filename)];
  const load = (name: string): unknown => {
    const found = places.find((place) => {
      try {
        return place.resolve(name) !== '';
      } catch {
        return false;
      }
    });
    if (found === undefined) {
      throw new Error(
        `the package ${JSON.stringify(name)} is not installed: npm install redis @socket.io/redis-adapter`,
      );
    }
    return found(name);
  };
  const { createClient } = load('redis') as Pick<RedisPackages, 'createClient'>;
  const { createAdapter } = load('@socket.io/redis-adapter') as Pick<
    RedisPackages,
    'createAdapter'
  >;
  return { createClient, createAdapter };
}

/** Host and port: what else a URL holds is nobody's business. */
export function addressOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'an unreadable URL';
  }
}

/** What went wrong, in one line; a refused connection to several addresses has no message of its own. */
export function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  const { code } = error as { code?: string };
  return error.message || code || error.name;
}

/** Clients whose connection does not exist yet. */
const unconnected = new WeakSet<RedisClient>();

/** A client for one connection: whoever opens it opens another one when that ends. */
export function openClient(
  { createClient }: RedisPackages,
  url: string,
  connectTimeout = CONNECT_TIMEOUT,
): RedisClient {
  const client = createClient({ url, socket: { connectTimeout, reconnectStrategy: false } });
  unconnected.add(client);
  client.once('connect', () => unconnected.delete(client));
  return client;
}

/** Ends the connection now, or as soon as it exists; what waits for an answer is rejected. */
export function hangUp(client: RedisClient): void {
  if (unconnected.has(client)) {
    // Destroyed before, the client would keep the connection that comes later.
    client.once('connect', () => setImmediate(() => hangUp(client)));
    return;
  }
  if (!client.isOpen) return;
  // Version 4 of the package has another name for it.
  if (typeof client.destroy === 'function') client.destroy();
  else void (client as { disconnect: () => Promise<void> }).disconnect().catch(() => undefined);
}

/** Connects once, asks, and hangs up. Rejects with the reason, within `timeout` milliseconds. */
export async function ping(packages: RedisPackages, url: string, timeout: number): Promise<void> {
  const client = openClient(packages, url, timeout);
  // Without a listener an error would be thrown; `connect` rejects with the same one.
  client.on('error', () => undefined);
  try {
    await withinTime(
      client.connect().then(() => client.ping()),
      timeout,
    );
  } finally {
    hangUp(client);
  }
}
