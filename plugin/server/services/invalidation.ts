import {
  API_TOKEN,
  API_TOKEN_PERMISSION,
  SESSION,
  UP_PERMISSION,
  UP_ROLE,
  UP_USER,
} from '../constants';
import type { ServiceContext, TransactionHooks } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import type { Affected } from './live-access';

/** Whose access a row of each model decides. */
const AFFECTED: Record<string, Affected> = {
  [UP_ROLE]: 'everybody',
  [UP_PERMISSION]: 'everybody',
  [UP_USER]: 'users',
  [API_TOKEN]: 'tokens',
  [API_TOKEN_PERMISSION]: 'tokens',
  [SESSION]: 'sessions',
};

/** The models that roles, tokens and their permissions are read from. */
const CACHED = new Set([UP_ROLE, UP_PERMISSION, API_TOKEN, API_TOKEN_PERMISSION]);

/** What nodes tell each other: whose access may have changed, and whether it is cached. */
const ACCESS_CHANGED = 'access-changed';

const LIFECYCLES = ['Create', 'CreateMany', 'Update', 'UpdateMany', 'Delete', 'DeleteMany'];

interface LifecycleEvent {
  model: { uid: string };
  result?: unknown;
}

/**
 * Takes note when the rows change that decide about access: forgets the permissions that were read
 * from them, and has connected sockets checked again.
 */
export function createInvalidationService({ strapi }: ServiceContext) {
  const undo: Array<() => void> = [];

  const affectedBy = ({ model: { uid }, result }: LifecycleEvent): Affected => {
    const id = (result as { id?: number | string } | null | undefined)?.id;
    return uid === UP_USER && id != null ? `user:${id}` : AFFECTED[uid];
  };

  /** On one node, as far as it is concerned. */
  const apply = (affected: Affected, isCached: boolean): void => {
    if (isCached) getService(strapi, 'principals').flush();
    getService(strapi, 'live-access').recheck(affected);
  };

  /** Sockets of other nodes are concerned, too. What fails here must not fail the write. */
  const tellOthers = (affected: Affected, isCached: boolean): void => {
    try {
      getService(strapi, 'cluster').tell(ACCESS_CHANGED, [affected, isCached]);
    } catch (error) {
      strapi.log.error(
        `plugin io: other nodes were not told of a change of access: ${describeError(error)}`,
      );
    }
  };

  const changed = async (event: LifecycleEvent): Promise<void> => {
    const isCached = CACHED.has(event.model.uid);
    const affected = affectedBy(event);
    const onCommit = (): void => {
      apply(affected, isCached);
      tellOthers(affected, isCached);
    };
    if (!strapi.db.inTransaction()) {
      onCommit();
      return;
    }
    if (isCached) getService(strapi, 'principals').flush();
    // Again at the commit: somebody may ask before it, and be answered with what was there before.
    await strapi.db.transaction((hooks) => {
      (hooks as unknown as TransactionHooks).onCommit(onCommit);
      return Promise.resolve();
    });
  };

  return {
    start(): void {
      getService(strapi, 'cluster').handle(ACCESS_CHANGED, ([affected, isCached]) =>
        apply(affected as Affected, isCached === true),
      );
      getService(strapi, 'cluster').onReached(() => apply('everybody', true));
      const models = Object.keys(AFFECTED).filter(
        (uid) => strapi.getModel(uid as never) !== undefined,
      );
      const hooks = Object.fromEntries(LIFECYCLES.map((name) => [`after${name}`, changed]));
      undo.push(strapi.db.lifecycles.subscribe({ models, ...hooks }));
      undo.push(
        getService(strapi, 'settings').onChange(() =>
          getService(strapi, 'live-access').recheck('everybody'),
        ),
      );
    },

    /** For changes that the plugin cannot see: everything is read again, on all nodes. */
    forget(): void {
      apply('everybody', true);
      tellOthers('everybody', true);
    },

    stop(): void {
      // Exactly once each: Strapi's unsubscribers splice by index, and -1 is the last one.
      for (const unsubscribe of undo.splice(0).reverse()) unsubscribe();
    },
  };
}

export type InvalidationService = ReturnType<typeof createInvalidationService>;
