import { Debounce } from '../changes/debounce';
import { createReader } from '../changes/read';
import { type Change, groupOperations, reduceGroup, type ReduceOptions } from '../changes/reduce';
import type { RowOperation } from '../changes/row-operation';
import { createRowSubscriber } from '../changes/row-subscriber';
import { createWriteScopes } from '../changes/write-scope';
import type { Action } from '../constants';
import type { Entity, ServiceContext } from '../types';
import { findContentType, hasDraftAndPublish, isLocalized } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import { SerialQueue } from '../utils/serial-queue';
import type { Principal } from './principals';

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

/** Documents that are read with one query and sent in one go; Node does other things in between. */
const BATCH = 100;

const isGone = (action: Action): boolean => action === 'delete' || action === 'unpublish';

/** One event: what happened, and to whom it goes. */
interface Delivery {
  change: Change;
  action: Action;
  principals: Principal[];
}

/** Sends one event for each committed change to a watched content type. */
export function createChangesService({ strapi }: ServiceContext) {
  const options = getService(strapi, 'options');
  const undo: Array<() => void> = [];
  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: a content event was not sent: ${describeError(error)}`);
  });

  const read = createReader(strapi, (uid) => options.watchedType(uid)?.populate);

  const reduceOptions = (uid: string): ReduceOptions => {
    const type = findContentType(strapi, uid);
    return {
      draftAndPublish: type !== undefined && hasDraftAndPublish(type),
      onlyPublished: options.onlyPublished(uid),
    };
  };

  const deletion = ({ uid, id, documentId, locale }: Change): Entity => {
    const type = findContentType(strapi, uid);
    const localized = type !== undefined && isLocalized(type);
    return { id, documentId, ...(localized ? { locale } : {}) };
  };

  const isWatched = (uid: string, action: Action): boolean =>
    options.watchedType(uid)?.actions.includes(action) ?? false;

  /** The events of some changes, as far as anybody is there to receive them. */
  const deliveriesOf = async (changes: readonly Change[]): Promise<Delivery[]> => {
    const audiences = new Map<string, Promise<Principal[]>>();
    const deliveries: Delivery[] = [];
    for (const change of changes) {
      for (const action of change.actions) {
        if (!isWatched(change.uid, action)) continue;
        const key = `${change.uid}:${action}`;
        const asked =
          audiences.get(key) ?? getService(strapi, 'emitter').audience(change.uid, action);
        audiences.set(key, asked);
        const principals = await asked;
        if (principals.length > 0) deliveries.push({ change, action, principals });
      }
    }
    return deliveries;
  };

  const send = async (changes: readonly Change[]): Promise<void> => {
    const deliveries = await deliveriesOf(changes);
    const shown = deliveries.filter(({ action }) => !isGone(action)).map(({ change }) => change);
    const entities = await read([...new Set(shown)]);
    for (const { change, action, principals } of deliveries) {
      const entity = isGone(action) ? deletion(change) : entities.get(change);
      if (entity === undefined) continue;
      await getService(strapi, 'emitter').deliver(change.uid, action, entity, principals);
    }
  };

  const reduce = (group: RowOperation[]): Change | null =>
    reduceGroup(group, reduceOptions(group[0].uid));
  const kindOf = (change: Change | null): string | null => change?.actions.join() ?? null;

  const debounce = new Debounce(
    options.config.debounce,
    (group) => kindOf(reduce(group)),
    (groups) => {
      const reduced = groups.map(reduce);
      const changes = reduced.filter((change) => change !== null);
      for (let start = 0; start < changes.length; start += BATCH) {
        queue.add(() => send(changes.slice(start, start + BATCH)));
      }
      return reduced.map(kindOf);
    },
  );

  const scopes = createWriteScopes(strapi, (operations) => {
    debounce.add(groupOperations(operations));
  });

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
      // Strapi asks for the models at each write, so the list may change while it is subscribed.
      const models = options.watchedUids();
      const subscriber = createRowSubscriber(strapi, models, (rows) => scopes.record(rows));
      undo.push(strapi.db.lifecycles.subscribe(subscriber));
      undo.push(
        getService(strapi, 'settings').onChange(() => {
          models.splice(0, models.length, ...options.watchedUids());
        }),
      );
    },

    /** Resolves when the events of all writes committed so far have been handed to the server. */
    async idle(): Promise<void> {
      await debounce.idle();
      await queue.idle();
    },

    async stop(): Promise<void> {
      // Exactly once each: Strapi's unsubscribers splice by index, and -1 is the last one.
      for (const unsubscribe of undo.splice(0).reverse()) unsubscribe();
      debounce.flush();
      await queue.idle();
      await queue.close();
    },
  };
}

export type ChangesService = ReturnType<typeof createChangesService>;
