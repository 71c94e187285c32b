import type { EmitOptions, Entity, RawEmitOptions, ServiceContext } from '../types';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';
import type { Principal } from './principals';

/** Sends events: content to whom it may concern, raw ones to rooms. */
export function createEmitterService({ strapi }: ServiceContext) {
  const options = getService(strapi, 'options');
  const server = getService(strapi, 'server');

  const sendTo = async (
    principal: Principal,
    uid: string,
    action: string,
    data: Entity,
  ): Promise<void> => {
    const name = options.eventName(uid, action);
    try {
      const entity = await getService(strapi, 'sanitize').entity(data, uid, principal);
      server.io().to(principal.room).emit(name, entity);
    } catch (error) {
      // Nothing rather than something unchecked.
      strapi.log.error(
        `plugin io: ${name} was not sent to the ${principal.kind} "${principal.name}": ${describeError(error)}`,
      );
    }
  };

  /** `load` is called only if somebody may receive the event. */
  const content = async (
    uid: string,
    action: string,
    load: () => Promise<Entity>,
  ): Promise<void> => {
    const allowed = await getService(strapi, 'permissions').recipients(uid, action);
    const present = allowed.filter(({ room }) => server.mayHaveMembers(room));
    if (present.length === 0) return;
    const data = await load();
    for (const principal of present) await sendTo(principal, uid, action, data);
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
    content,

    /** `strapi.$io.emit` */
    async emit({ event, schema, data }: EmitOptions): Promise<void> {
      checkEvent('emit', event);
      const uid = uidOf(schema);
      if (typeof data !== 'object' || data === null) {
        throw new Error(`plugin io: emit: data ${JSON.stringify(data)} is not an object`);
      }
      await content(uid, event, () => Promise.resolve(data as Entity));
    },

    /** `strapi.$io.raw` */
    async raw({ event, data, rooms }: RawEmitOptions): Promise<void> {
      checkEvent('raw', event);
      const safe = getService(strapi, 'sanitize').raw(data);
      // An empty list is nobody; to Socket.IO, no rooms are everybody.
      if (Array.isArray(rooms) && rooms.length === 0) return;
      const io = server.io();
      const target = rooms === undefined ? io : io.to(await resolveRooms(rooms));
      if (data === undefined) target.emit(event);
      else target.emit(event, safe);
    },
  };
}

export type EmitterService = ReturnType<typeof createEmitterService>;
