import { API_TOKEN, API_TOKEN_PERMISSION, UP_PERMISSION, UP_ROLE } from '../constants';
import type { ServiceContext, TransactionHooks } from '../types';
import { getService } from '../utils/get-service';

const MODELS = [UP_ROLE, UP_PERMISSION, API_TOKEN, API_TOKEN_PERMISSION];

const LIFECYCLES = ['Create', 'CreateMany', 'Update', 'UpdateMany', 'Delete', 'DeleteMany'];

/** Forgets cached roles and permissions when the rows they were read from change. */
export function createInvalidationService({ strapi }: ServiceContext) {
  let unsubscribe: (() => void) | null = null;

  const flush = async (): Promise<void> => {
    const principals = getService(strapi, 'principals');
    principals.flush();
    if (!strapi.db.inTransaction()) return;
    // Somebody may ask before the commit, and be answered with what was there before.
    await strapi.db.transaction((hooks) => {
      (hooks as unknown as TransactionHooks).onCommit(() => principals.flush());
      return Promise.resolve();
    });
  };

  return {
    start(): void {
      const models = MODELS.filter((uid) => strapi.getModel(uid as never) !== undefined);
      const hooks = Object.fromEntries(LIFECYCLES.map((name) => [`after${name}`, flush]));
      unsubscribe = strapi.db.lifecycles.subscribe({ models, ...hooks });
    },

    stop(): void {
      unsubscribe?.();
      unsubscribe = null;
    },
  };
}

export type InvalidationService = ReturnType<typeof createInvalidationService>;
