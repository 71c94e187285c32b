import {
  ACCESS_MODELS,
  type AccessChange,
  type AccessEvent,
  changeOf,
} from '../access/access-changes';
import type { ServiceContext, TransactionHooks } from '../types';
import { getService } from '../utils/get-service';
import { onLifecyclesEnabled } from '../utils/on-lifecycles-enabled';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';

/** What nodes tell each other: whose access may have changed, and whether it is cached. */
const ACCESS_CHANGED = 'access-changed';

const LIFECYCLES = ['Create', 'CreateMany', 'Update', 'UpdateMany', 'Delete', 'DeleteMany'];

/**
 * When everything is read again after a data transfer (milliseconds): lifecycles are switched on just before the
 * transaction of the transfer is committed.
 */
const AFTER_TRANSFER = [0, 2_000, 15_000];

const EVERYTHING: AccessChange = { affected: 'everybody', isCached: true };

/**
 * Takes note when the rows change that decide about access: forgets the permissions that were read from them, and has
 * connected sockets checked again.
 */
export function createInvalidationService({ strapi }: ServiceContext) {
  const { accessCheckInterval } = getService(strapi, 'options').config.security;
  const undo: Array<() => void> = [];
  const timers = new Set<NodeJS.Timeout>();

  /** In a context of its own: transfers switch lifecycles on inside of their transaction. */
  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: settings were not read again: ${describeError(error)}`);
  });

  const forgetPrincipals = (): void => {
    getService(strapi, 'principals').flush();
    getService(strapi, 'access').expire();
  };

  /** On one node, as far as it is concerned. */
  const apply = ({ affected, isCached }: AccessChange): void => {
    if (isCached) {
      forgetPrincipals();
      getService(strapi, 'access').review();
    }
    if (affected !== null) getService(strapi, 'live-access').recheck(affected);
  };

  /** Sockets of other nodes are concerned, too. What fails here must not fail the write. */
  const tellOthers = ({ affected, isCached }: AccessChange): void => {
    try {
      getService(strapi, 'cluster').tell(ACCESS_CHANGED, [affected, isCached]);
    } catch (error) {
      strapi.log.error(
        `plugin io: other nodes were not told of a change of access: ${describeError(error)}`,
      );
    }
  };

  const changed = async (event: AccessEvent): Promise<void> => {
    const change = changeOf(event);
    if (change.affected === null && !change.isCached) return;
    const onCommit = (): void => {
      apply(change);
      tellOthers(change);
    };
    if (!strapi.db.inTransaction()) {
      onCommit();
      return;
    }
    if (change.isCached) forgetPrincipals();
    // Again at the commit: somebody may ask before it, and be answered with what was there before.
    await strapi.db.transaction((hooks) => {
      (hooks as unknown as TransactionHooks).onCommit(onCommit);
      return Promise.resolve();
    });
  };

  const forget = (): void => {
    apply(EVERYTHING);
    tellOthers(EVERYTHING);
  };

  /** Anything may have been written past this plugin: settings, rights, and which row belongs to which document. */
  const readAllAgain = async (): Promise<void> => {
    getService(strapi, 'subscriptions').ids.forget();
    getService(strapi, 'admin-sessions').recheck();
    forget();
    await getService(strapi, 'settings').reload();
  };

  const inTime = (delay: number, work: () => Promise<void>): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      queue.add(work);
    }, delay);
    timer.unref();
    timers.add(timer);
  };

  const afterTransfer = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const delay of AFTER_TRANSFER) {
      if (delay === 0) queue.add(readAllAgain);
      else inTime(delay, readAllAgain);
    }
  };

  return {
    start(): void {
      getService(strapi, 'cluster').handle(ACCESS_CHANGED, ([affected, isCached]) =>
        apply({ affected, isCached: isCached === true } as AccessChange),
      );
      getService(strapi, 'cluster').onReached(() => apply(EVERYTHING));
      const models = ACCESS_MODELS.filter((uid) => strapi.getModel(uid as never) !== undefined);
      const hooks = Object.fromEntries(LIFECYCLES.map((name) => [`after${name}`, changed]));
      undo.push(strapi.db.lifecycles.subscribe({ models, ...hooks }));
      undo.push(onLifecyclesEnabled(strapi, afterTransfer));
      undo.push(
        getService(strapi, 'settings').onChange(() =>
          getService(strapi, 'live-access').recheck('everybody'),
        ),
      );
      const reload = setInterval(
        () => queue.add(() => getService(strapi, 'settings').reload()),
        accessCheckInterval,
      );
      reload.unref();
      undo.push(() => clearInterval(reload));
    },

    /** For changes that the plugin cannot see: everything is read again, on all nodes. */
    forget,

    async stop(): Promise<void> {
      // Exactly once each: Strapi's unsubscribers splice by index, and -1 is the last one.
      for (const unsubscribe of undo.splice(0).reverse()) unsubscribe();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await queue.close();
    },
  };
}

export type InvalidationService = ReturnType<typeof createInvalidationService>;
