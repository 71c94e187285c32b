import { AsyncLocalStorage } from 'node:async_hooks';

import type { Strapi, TransactionHooks } from '../types';
import type { RowOperation } from './row-operation';

interface Scope {
  committed: RowOperation[];
  open: boolean;
}

interface Batch {
  operations: RowOperation[];
  scope: Scope | undefined;
  settled: boolean;
}

/**
 * Collects row operations until what they belong to is over and committed: the outermost Document
 * Service call (one call writes several rows, and user code adds more), or the outermost
 * transaction if that is wider (the Content Manager's bulk actions). A write outside both is
 * complete by itself.
 */
export function createWriteScopes(
  strapi: Strapi,
  onCommitted: (operations: RowOperation[]) => void,
) {
  const scopes = new AsyncLocalStorage<Scope>();
  const batches = new WeakMap<object, Batch>();

  const commit = (operations: RowOperation[], scope: Scope | undefined): void => {
    if (scope?.open === true) scope.committed.push(...operations);
    else if (operations.length > 0) onCommitted(operations);
  };

  /** Joins the surrounding transaction to learn its identity and its end. */
  const inTransaction = (operations: RowOperation[]): Promise<unknown> =>
    strapi.db.transaction((hooks) => {
      const { trx, onCommit, onRollback } = hooks as unknown as TransactionHooks;
      const known = batches.get(trx);
      if (known !== undefined) {
        known.operations.push(...operations);
        return Promise.resolve();
      }
      const batch: Batch = {
        operations: [...operations],
        scope: scopes.getStore(),
        settled: false,
      };
      batches.set(trx, batch);
      // Strapi hands its callback lists from one transaction to the next in the same async
      // context, so a callback can be called for a later one: only the first call counts.
      const settle = (committed: boolean) => (): void => {
        if (batch.settled) return;
        batch.settled = true;
        batches.delete(trx);
        if (committed) commit(batch.operations, batch.scope);
      };
      onCommit(settle(true));
      onRollback(settle(false));
      return Promise.resolve();
    });

  return {
    async record(operations: RowOperation[]): Promise<void> {
      if (operations.length === 0) return;
      if (strapi.db.inTransaction()) await inTransaction(operations);
      else commit(operations, scopes.getStore());
    },

    /** Runs one Document Service call; the calls made within it belong to it. */
    async run<T>(call: () => Promise<T>): Promise<T> {
      if (scopes.getStore()?.open === true) return call();
      const scope: Scope = { committed: [], open: true };
      try {
        return await scopes.run(scope, call);
      } finally {
        // Also after an error: middlewares can fail when the write is already committed.
        scope.open = false;
        commit(scope.committed, undefined);
      }
    },
  };
}

export type WriteScopes = ReturnType<typeof createWriteScopes>;
