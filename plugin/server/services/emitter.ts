import type { EmitterMetrics } from '../../../types';
import { keyOf } from '../access/identity';
import type { EmitOptions, Entity, RawEmitOptions, ServiceContext } from '../types';
import { formatValue } from '../config/messages';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import type { Principal } from './principals';

/** Sends events: content to whom it may concern, raw ones to rooms. */
export function createEmitterService({ strapi }: ServiceContext) {
  const options = getService(strapi, 'options');
  const server = getService(strapi, 'server');
  const counts = { totalEmits: 0, errors: 0 };

  /** Those who may receive the event, as far as anybody of them is connected. */
  const audience = async (uid: string, action: string): Promise<Principal[]> => {
    const recipients = () => getService(strapi, 'permissions').recipients(uid, action);
    let allowed = await recipients();
    // Who has just lost access gets nothing more. (Checking needs the connection that a
    // transaction may be holding, and a transaction would wait here for itself.)
    if (!strapi.db.inTransaction()) {
      await getService(strapi, 'live-access').settled(allowed.map(keyOf));
      allowed = await recipients();
    }
    return allowed.filter(({ room }) => server.mayHaveMembers(room));
  };

  /**
   * Gives each of the principals what it may see of the entity: one encoding and one broadcast for
   * all that see the same.
   */
  const deliver = async (
    uid: string,
    action: string,
    entity: Entity,
    principals: readonly Principal[],
  ): Promise<void> => {
    const name = options.eventName(uid, action);
    try {
      const transform = getService(strapi, 'transform');
      const copies = await getService(strapi, 'sanitize').entity(entity, uid, principals);
      const route = getService(strapi, 'subscriptions').route(uid, entity);
      for (const [text, readers] of copies) {
        const json = transform.entity(uid, action, text);
        const rooms = readers.map(({ room }) => room);
        server.io().emitJson(name, json, rooms, route.except);
        // Left out above: those who chose some entities of this type. These chose this one.
        const chosen = rooms.flatMap((room) => route.roomsFor(room));
        if (chosen.length > 0) server.io().emitJson(name, json, chosen);
      }
      counts.totalEmits += 1;
      // What it was about, not what it said: the log is for people who may not read the content.
      const { id, documentId } = entity;
      getService(strapi, 'monitoring').logEvent(action, { event: name, uid, id, documentId });
    } catch (error) {
      counts.errors += 1;
      // Nothing rather than something unchecked.
      strapi.log.error(`plugin io: ${name} was not sent: ${describeError(error)}`);
    }
  };

  const uidOf = (schema: unknown): string => {
    const uid = typeof schema === 'string' ? schema : (schema as { uid?: unknown } | null)?.uid;
    if (typeof uid !== 'string' || findContentType(strapi, uid) === undefined) {
      throw new Error(`plugin io: emit: schema ${JSON.stringify(uid)} is not a content type`);
    }
    return uid;
  };

  const checkEvent = (method: string, event: unknown): void => {
    if (typeof event !== 'string' || event === '') {
      throw new Error(`plugin io: ${method}: event ${JSON.stringify(event)} is not a name`);
    }
  };

  /** Role names address the sockets of that role, and nobody who joined a room of that name. */
  const resolveRooms = async (rooms: string | string[]): Promise<string[]> => {
    const names = Array.isArray(rooms) ? rooms : [rooms];
    const principals = await getService(strapi, 'principals').list();
    return names.map(
      (name) => principals.find((p) => p.kind === 'role' && p.name === name)?.room ?? name,
    );
  };

  return {
    audience,
    deliver,

    /** For `$io.getMetrics`: what this node has sent, and what it could not send, since its start. */
    metrics: (): Pick<EmitterMetrics, 'totalEmits' | 'errors'> => ({ ...counts }),

    /** `strapi.$io.emit` */
    async emit({ event, schema, data }: EmitOptions): Promise<void> {
      if (!data) {
        // A single type that has not been saved yet is null: code that emits it must not fail.
        strapi.log.warn(
          `plugin io: emit: ${JSON.stringify(event)} was not sent: data is ${formatValue(data)}`,
        );
        return;
      }
      checkEvent('emit', event);
      const uid = uidOf(schema);
      if (typeof data !== 'object') {
        throw new Error(`plugin io: emit: data ${JSON.stringify(data)} is not an object`);
      }
      const principals = await audience(uid, event);
      if (principals.length > 0) await deliver(uid, event, data as Entity, principals);
    },

    /** `strapi.$io.raw` */
    async raw({ event, data, rooms }: RawEmitOptions): Promise<void> {
      checkEvent('raw', event);
      const copy = getService(strapi, 'sanitize').raw(data);
      // An empty list is nobody; to Socket.IO, no rooms are everybody.
      if (Array.isArray(rooms) && rooms.length === 0) return;
      const io = server.io();
      const names = rooms ? await resolveRooms(rooms) : [];
      const transform = getService(strapi, 'transform');
      if (copy !== undefined && 'json' in copy) {
        io.emitJson(event, transform.raw(copy.json), names);
      } else {
        const value = transform.rawValue(copy?.value);
        io.to(names).emit(event, ...(value === undefined ? [] : [value]));
      }
      counts.totalEmits += 1;
      // As above: not what it said.
      getService(strapi, 'monitoring').logEvent(event, { by: 'raw', rooms });
    },
  };
}

export type EmitterService = ReturnType<typeof createEmitterService>;
