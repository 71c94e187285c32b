import type { Entity, Strapi } from '../types';
import { type InsertResult, insertedIds } from './inserted-ids';
import { changedSides, type RowOperation } from './row-operation';

/** The parts of a lifecycle event that are read here. */
export interface LifecycleEvent {
  model: { uid: string };
  params: {
    where?: unknown;
    filters?: unknown;
    _q?: unknown;
    select?: unknown;
    data?: unknown;
  };
  result?: unknown;
  /** Ours alone, kept from `before` to `after`. */
  state: { rows?: Entity[] };
}

/** Rows looked up with one query: databases bound its variables. */
const LOOKUP = 1_000;

type Record = (operations: RowOperation[]) => Promise<void>;

/** What identifies a row: its document, its locale, and which version of the document it is. */
const KEYS = ['id', 'documentId', 'locale', 'publishedAt'] as const;

const isComplete = (row: Entity): boolean => KEYS.every((key) => key in row);

function toOperation(op: RowOperation['op'], uid: string, row: Entity): RowOperation {
  return {
    op,
    uid,
    id: row.id as number | string,
    documentId: (row.documentId as string | null | undefined) ?? null,
    locale: (row.locale as string | null | undefined) ?? null,
    published: row.publishedAt != null,
    row,
  };
}

/**
 * Asks for the row's id along with what the caller selected, as Strapi itself does for deletions:
 * without it nothing would tell which row was written.
 */
function selectId(params: LifecycleEvent['params']): void {
  if (params.select == null) return;
  const fields: unknown[] = Array.isArray(params.select) ? params.select : [params.select];
  if (!fields.includes('id') && !fields.includes('*')) params.select = ['id', ...fields];
}

/**
 * Turns the database lifecycles of the watched content types into row operations. Callers may
 * select any fields they like, and the `*Many` lifecycles bring counts only, so what identifies
 * the rows is looked up where it is missing.
 */
export function createRowSubscriber(strapi: Strapi, models: string[], record: Record) {
  const find = async (uid: string, query: object): Promise<Entity[]> =>
    (await strapi.db.query(uid).findMany({ ...query, select: [...KEYS] })) as Entity[];

  const identify = async (uid: string, result: unknown): Promise<Entity[]> => {
    const row = result as Entity | null | undefined;
    if (row?.id == null) return [];
    if (isComplete(row)) return [row];
    const [found] = await find(uid, { where: { id: row.id } });
    return found === undefined ? [] : [{ ...row, ...found }];
  };

  const byIds = async (uid: string, ids: readonly unknown[]): Promise<Entity[]> => {
    const rows: Entity[] = [];
    for (let start = 0; start < ids.length; start += LOOKUP) {
      const $in = ids.slice(start, start + LOOKUP);
      rows.push(...(await find(uid, { where: { id: { $in } } })));
    }
    return rows;
  };

  /** Updates, telling those that published or unpublished a row in place. */
  const updates = (uid: string, rows: Entity[], before: Entity[] | undefined): RowOperation[] =>
    rows.flatMap((row) => {
      const operation = toOperation('update', uid, row);
      const old = before?.find(({ id }) => id === row.id);
      const moved = old !== undefined && (old.publishedAt != null) !== operation.published;
      return moved ? changedSides(operation) : [operation];
    });

  return {
    models,

    beforeCreate({ params }: LifecycleEvent): void {
      selectId(params);
    },

    async afterCreate({ model: { uid }, result }: LifecycleEvent): Promise<void> {
      const rows = await identify(uid, result);
      await record(rows.map((row) => toOperation('create', uid, row)));
    },

    async afterCreateMany({ model: { uid }, result }: LifecycleEvent): Promise<void> {
      const rows = await byIds(uid, await insertedIds(strapi, result as InsertResult));
      await record(rows.map((row) => toOperation('create', uid, row)));
    },

    async beforeUpdate({ model: { uid }, params, state }: LifecycleEvent): Promise<void> {
      selectId(params);
      // Only a write to `publishedAt` can turn one version of a document into the other.
      const { data } = params;
      if (typeof data !== 'object' || data === null || !('publishedAt' in data)) return;
      state.rows = await find(uid, { where: params.where, limit: 1 });
    },

    async afterUpdate({ model: { uid }, result, state }: LifecycleEvent): Promise<void> {
      await record(updates(uid, await identify(uid, result), state.rows));
    },

    async beforeUpdateMany({ model: { uid }, params, state }: LifecycleEvent): Promise<void> {
      state.rows = await find(uid, { where: params.where });
    },

    async afterUpdateMany({ model: { uid }, state }: LifecycleEvent): Promise<void> {
      const before = state.rows ?? [];
      const rows = await byIds(
        uid,
        before.map(({ id }) => id),
      );
      await record(updates(uid, rows, before));
    },

    async beforeDelete({ model: { uid }, params, state }: LifecycleEvent): Promise<void> {
      // Without a selection the row comes whole with the event.
      if (params.select == null) return;
      state.rows = await find(uid, { where: params.where, limit: 1 });
    },

    async afterDelete({ model: { uid }, result, state }: LifecycleEvent): Promise<void> {
      const row = { ...(result as Entity), ...state.rows?.[0] };
      if (row.id != null) await record([toOperation('delete', uid, row)]);
    },

    async beforeDeleteMany({ model: { uid }, params, state }: LifecycleEvent): Promise<void> {
      const { where, filters, _q } = params;
      state.rows = await find(uid, { where, filters, _q });
    },

    async afterDeleteMany({ model: { uid }, state }: LifecycleEvent): Promise<void> {
      await record((state.rows ?? []).map((row) => toOperation('delete', uid, row)));
    },
  };
}
