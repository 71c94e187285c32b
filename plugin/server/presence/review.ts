import { SESSION } from '../constants';
import type { Strapi, TransactionHooks } from '../types';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { REVIEW_INTERVAL } from './limits';

/** Their rows decide who is an admin, for how long, and what they may read. */
const MODELS = [SESSION, 'admin::user', 'admin::role', 'admin::permission'];

const LIFECYCLES = ['Create', 'CreateMany', 'Update', 'UpdateMany', 'Delete', 'DeleteMany'];

/**
 * Calls `review` when something about admins has changed in the database, and every now and then
 * for what this node cannot notice: other nodes, and sessions that end with their time.
 */
export function createReviewer(strapi: Strapi, review: () => Promise<void>) {
  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: admins were not checked again: ${describeError(error)}`);
  });
  let isQueued = false;
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | null = null;

  const request = (): void => {
    if (isQueued) return;
    isQueued = true;
    queue.add(() => {
      isQueued = false;
      return review();
    });
  };

  const changed = async ({
    action,
    model,
  }: {
    action: string;
    model: { uid: string };
  }): Promise<void> => {
    // Nobody is connected in a login that is new.
    if (model.uid === SESSION && action.startsWith('afterCreate')) return;
    if (!strapi.db.inTransaction()) {
      request();
      return;
    }
    await strapi.db.transaction((hooks) => {
      (hooks as unknown as TransactionHooks).onCommit(request);
      return Promise.resolve();
    });
  };

  return {
    request,

    start(): void {
      const models = MODELS.filter((uid) => strapi.getModel(uid as never) !== undefined);
      const hooks = Object.fromEntries(LIFECYCLES.map((name) => [`after${name}`, changed]));
      unsubscribe = strapi.db.lifecycles.subscribe({ models, ...hooks });
      timer = setInterval(request, REVIEW_INTERVAL);
      timer.unref();
    },

    async stop(): Promise<void> {
      clearInterval(timer);
      // Exactly once: Strapi's unsubscriber splices by index, and -1 is the last one.
      unsubscribe?.();
      unsubscribe = null;
      await queue.close();
    },
  };
}
