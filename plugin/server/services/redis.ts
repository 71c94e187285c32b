import {
  addressOf,
  loadPackages,
  openClient,
  ping,
  reasonOf,
  type RedisClient,
  type RedisPackages,
} from '../redis/clients';
import { guardPublisher, guardSubscriber } from '../redis/guarded-clients';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';

/** How long the start waits for Redis, and a test of a connection (milliseconds). */
const PATIENCE = 3000;

export interface RedisStatus {
  enabled: boolean;
  /** Whether other nodes can be reached now. */
  connected: boolean;
}

/** Connects the nodes of an application through Redis, as `settings.redis` says. */
export function createRedisService({ strapi }: ServiceContext) {
  let clients: RedisClient[] = [];
  let stopped = false;

  const isReady = (): boolean => clients.length > 0 && clients.every((client) => client.isReady);

  /** Says when Redis goes and when it comes, once each. */
  const report = (address: string): { failed: (error: unknown) => void; ready: () => void } => {
    let state: 'unknown' | 'away' | 'connected' = 'unknown';
    return {
      failed(error) {
        if (stopped || state === 'away') return;
        state = 'away';
        strapi.log.error(
          `plugin io: Redis at ${address} is away (${reasonOf(error)}); this node serves its own clients and keeps trying`,
        );
      },
      ready() {
        if (!isReady() || state === 'connected') return;
        state = 'connected';
        strapi.log.info(`plugin io: connected to the other nodes through Redis at ${address}`);
        getService(strapi, 'cluster').reached();
      },
    };
  };

  const connect = async (url: string, packages: RedisPackages): Promise<void> => {
    const publisher = openClient(packages, url);
    const subscriber = publisher.duplicate();
    clients = [publisher, subscriber];
    const { failed, ready } = report(addressOf(url));
    const reached = clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          client.on('error', failed).on('ready', () => {
            ready();
            resolve();
          });
          client.connect().catch(failed);
        }),
    );
    const adapter = packages.createAdapter(guardPublisher(publisher), guardSubscriber(subscriber));
    getService(strapi, 'server')
      .io()
      .adapter(adapter as never);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    // A Redis that is away delays the start a little and does not stop it.
    await Promise.race([Promise.all(reached), enough]);
    clearTimeout(timer);
  };

  return {
    status: (): RedisStatus => ({ enabled: clients.length > 0, connected: isReady() }),

    /** Once the server is there, before its first connection. */
    async start(): Promise<void> {
      const { enabled, url } = getService(strapi, 'settings').current().redis;
      stopped = false;
      if (!enabled) return;
      try {
        await connect(url, loadPackages(strapi.dirs.app.root));
      } catch (error) {
        // The settings come from the panel: a Strapi that does not start could not mend them.
        strapi.log.error(
          `plugin io: redis.enabled is true, and this node works alone: ${reasonOf(error)}`,
        );
      }
    },

    /** Tries a connection. Rejects with a reason for people. */
    async test(url: string): Promise<void> {
      try {
        await ping(loadPackages(strapi.dirs.app.root), url, PATIENCE);
      } catch (error) {
        throw new Error(`Redis at ${addressOf(url)}: ${reasonOf(error)}`, { cause: error });
      }
    },

    stop(): void {
      stopped = true;
      for (const client of clients.splice(0)) if (client.isOpen) client.destroy();
    },
  };
}

export type RedisService = ReturnType<typeof createRedisService>;
