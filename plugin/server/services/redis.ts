import { LimitedLog } from '../../socket-io/limited-log';
import { applicationKey } from '../redis/application-key';
import { addressOf, loadPackages, ping, reasonOf, type RedisPackages } from '../redis/clients';
import { createLink, type LinkEvents, type RedisLink } from '../redis/link';
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
  let link: RedisLink | null = null;
  let key: string | null = null;

  /** Says when Redis goes and when it comes, once each. */
  const report = (address: string): LinkEvents => {
    let state: 'unknown' | 'away' | 'connected' = 'unknown';
    const droppedLog = new LimitedLog((line) => strapi.log.warn(line));
    return {
      down(error) {
        if (state === 'away') return;
        state = 'away';
        strapi.log.error(
          `plugin io: Redis at ${address} is away (${reasonOf(error)}); this node serves its own clients and keeps trying`,
        );
      },
      up() {
        state = 'connected';
        strapi.log.info(
          `plugin io: connected to the other nodes through Redis at ${address}, with the key ${key}`,
        );
        getService(strapi, 'cluster').reached();
      },
      dropped: () =>
        droppedLog.add(
          `plugin io: a message was not sent to the other nodes, as Redis at ${address} takes them too slowly`,
        ),
    };
  };

  const connect = async (url: string, packages: RedisPackages): Promise<void> => {
    const { down, up, dropped } = report(addressOf(url));
    const reached = new Promise<void>((resolve) => {
      const reachedUp = (): void => {
        up();
        resolve();
      };
      link = createLink(packages, url, { up: reachedUp, down, dropped });
      link.start();
    });
    const { publisher, subscriber } = link as unknown as RedisLink;
    const adapter = packages.createAdapter(publisher, subscriber, { key: key as string });
    getService(strapi, 'server')
      .io()
      .adapter(adapter as never);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    // A Redis that is away delays the start a little and does not stop it.
    await Promise.race([reached, enough]);
    clearTimeout(timer);
  };

  return {
    status: (): RedisStatus => ({ enabled: link !== null, connected: link?.isUp() ?? false }),

    /** The key of the adapter: what a plain Socket.IO server or an emitter needs to be part of this; null without Redis. */
    key: (): string | null => key,

    /** Once the server is there, before its first connection. */
    async start(): Promise<void> {
      const { enabled, url, key: named } = getService(strapi, 'settings').current().redis;
      if (!enabled) return;
      try {
        const packages = loadPackages(strapi.dirs.app.root);
        key = named === '' ? await applicationKey(strapi) : named;
        await connect(url, packages);
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
      link?.stop();
      link = null;
      key = null;
    },
  };
}

export type RedisService = ReturnType<typeof createRedisService>;
