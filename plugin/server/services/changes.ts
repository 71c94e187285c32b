import type { UID } from '@strapi/strapi';

import { type Change, reduceOperations, type ReduceOptions } from '../changes/reduce';
import type { RowOperation } from '../changes/row-operation';
import { createRowSubscriber } from '../changes/row-subscriber';
import { createWriteScopes } from '../changes/write-scope';
import type { Action } from '../constants';
import type { Entity, ServiceContext } from '../types';
import { findContentType, hasDraftAndPublish, isLocalized } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import { SerialQueue } from '../utils/serial-queue';

/** The Document Service's actions that write; what else goes through it is none of our business. */
const WRITES = new Set([
  'create',
  'update',
  'delete',
  'clone',
  'publish',
  'unpublish',
  'discardDraft',
]);

/** Attributes that an entity has without anything being populated. */
function scalarsOf(row: Entity, attributes: Record<string, { type: string }>): Entity {
  const nested = new Set(['relation', 'media', 'component', 'dynamiczone']);
  return Object.fromEntries(
    Object.entries(row).filter(([key]) => !nested.has(attributes[key]?.type)),
  );
}

/** Sends one event for each committed change to a watched content type. */
export function createChangesService({ strapi }: ServiceContext) {
  const options = getService(strapi, 'options');
  const undo: Array<() => void> = [];
  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: a content event was not sent: ${describeError(error)}`);
  });

  const reduceOptions = (uid: string): ReduceOptions => {
    const type = findContentType(strapi, uid);
    return {
      draftAndPublish: type !== undefined && hasDraftAndPublish(type),
      onlyPublished: options.onlyPublished(uid),
    };
  };

  /**
   * The document as the REST API would return it, populated as configured. If it is gone already
   * (its deletion follows), then what the write itself left.
   */
  const read = async ({ uid, documentId, locale, status, operation }: Change): Promise<Entity> => {
    const type = findContentType(strapi, uid);
    if (type === undefined) throw new Error(`${uid} is not a content type`);
    const populate = options.watchedType(uid)?.populate;
    const params = {
      status,
      ...(isLocalized(type) && locale !== null ? { locale } : {}),
      ...(populate === undefined ? {} : { populate: populate === true ? '*' : populate }),
    };
    const found: unknown =
      documentId === null
        ? await strapi.db.query(uid).findOne({ where: { id: operation.id } })
        : await strapi
            .documents(uid as UID.ContentType)
            .findOne({ documentId, ...params } as never);
    return (found as Entity | null) ?? scalarsOf(operation.row, type.attributes);
  };

  const deletion = ({ uid, id, documentId, locale }: Change): Entity => {
    const type = findContentType(strapi, uid);
    const localized = type !== undefined && isLocalized(type);
    return { id, documentId, ...(localized ? { locale } : {}) };
  };

  const isWatched = (uid: string, action: Action): boolean =>
    options.watchedType(uid)?.actions.includes(action) ?? false;

  const send = async (change: Change): Promise<void> => {
    const emitter = getService(strapi, 'emitter');
    let entity: Promise<Entity> | undefined;
    for (const action of change.actions) {
      if (!isWatched(change.uid, action)) continue;
      const gone = action === 'delete' || action === 'unpublish';
      await emitter.content(change.uid, action, () =>
        gone ? Promise.resolve(deletion(change)) : (entity ??= read(change)),
      );
    }
  };

  const onCommitted = (operations: RowOperation[]): void => {
    for (const change of reduceOperations(operations, reduceOptions)) {
      queue.add(() => send(change));
    }
  };

  const scopes = createWriteScopes(strapi, onCommitted);

  return {
    /** In `register`, so that the scope opens outside of every other plugin's middleware. */
    watchDocuments(): void {
      const unsubscribe = strapi.documents.use((context, next) =>
        WRITES.has(context.action) ? scopes.run(() => next() as Promise<never>) : next(),
      ) as unknown as () => void;
      undo.push(unsubscribe);
    },

    /** In `bootstrap`: the database knows its models from then on. */
    watchRows(): void {
      const uids = options.watchedUids();
      if (uids.length === 0) return;
      const subscriber = createRowSubscriber(strapi, uids, (rows) => scopes.record(rows));
      undo.push(strapi.db.lifecycles.subscribe(subscriber));
    },

    /** Resolves when the events of all writes committed so far have been handed to the server. */
    idle: (): Promise<void> => queue.idle(),

    async stop(): Promise<void> {
      // Exactly once each: Strapi's unsubscribers splice by index, and -1 is the last one.
      for (const unsubscribe of undo.splice(0).reverse()) unsubscribe();
      await queue.close();
    },
  };
}

export type ChangesService = ReturnType<typeof createChangesService>;
