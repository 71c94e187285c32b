import type { EntityMetrics, EntitySubscription } from '../../../types';
import type { ServiceContext, SocketIOSocket } from '../types';
import { dismiss } from '../utils/dismiss';
import { findContentType, hasDraftAndPublish } from '../utils/content-type';
import {
  documentRoom,
  entityRoom,
  isEntityRoom,
  isInternalRoom,
  viewRoom,
  watchersRoom,
} from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { inSlices } from '../utils/in-slices';
import { Refusal } from '../utils/refusal';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { createEntityIds } from '../utils/entity-ids';

/** A subscription of one socket. */
interface Held extends EntitySubscription {
  /** The document, whichever of its ids the subscriber used. */
  document: string;
  /** The room of those who see this entity as the subscriber does. */
  view: string;
}

/** Where the events of one entity go: see `route`. */
export interface Route {
  /** Not to those in these rooms, as they chose some entities of the type... */
  except: string[];
  /** ...but to those in these, who chose this one; by the room of the principal. */
  roomsFor(principalRoom: string): string[];
}

/**
 * Entity subscriptions: a socket that subscribes to entities of a type gets that type's content
 * events for those entities only. Socket.IO sends to unions of rooms, not to intersections, so a
 * subscriber is in a room per type it watches (left out of the role-wide event) and in one per
 * entity and principal (addressed instead).
 */
export function createSubscriptionsService({ strapi }: ServiceContext) {
  const held = new Map<SocketIOSocket, Map<string, Held>>();
  /** How many of them there are by content type: there may be too many to count them each second. */
  const counts = new Map<string, number>();
  const ids = createEntityIds(strapi);
  const reviews = new SerialQueue((error) => {
    strapi.log.error(`plugin io: entity subscriptions were not checked: ${describeError(error)}`);
  });
  let isReviewing = false;

  const settings = () => getService(strapi, 'settings').current().entitySubscriptions;

  const checkType = (uid: unknown): string => {
    if (!settings().enabled) throw new Refusal('Entity subscriptions are disabled');
    if (typeof uid !== 'string' || findContentType(strapi, uid) === undefined) {
      throw new Refusal('Content type not found');
    }
    return uid;
  };

  const checkAllowed = (uid: string): void => {
    const { allowedContentTypes } = settings();
    if (allowedContentTypes.length > 0 && !allowedContentTypes.includes(uid)) {
      throw new Refusal('Content type not allowed for entity subscriptions');
    }
  };

  /** The principal of a socket that may read the type. */
  const reader = async (socket: SocketIOSocket, uid: string) => {
    const principal = await getService(strapi, 'identities').principalOf(socket);
    const permissions = getService(strapi, 'permissions');
    return principal !== undefined && permissions.canReceive(principal, uid, 'update')
      ? principal
      : undefined;
  };

  const documentOf = async (uid: string, id: string): Promise<string> => {
    const type = findContentType(strapi, uid);
    const publishedOnly =
      type !== undefined &&
      hasDraftAndPublish(type) &&
      getService(strapi, 'options').onlyPublished(uid);
    const document = await ids.find(uid, id, { publishedOnly });
    if (document !== undefined) return document;
    if (settings().requireVerification) throw new Refusal('Entity not found');
    return ids.known(uid, id) ?? id;
  };

  /** Past the guard, which keeps everybody else out of these rooms. */
  const enter = (socket: SocketIOSocket, rooms: string[]): void => {
    void socket.nsp.adapter.addAll(socket.id, new Set(rooms));
  };

  const roomsOf = ({ uid, id, room, document, view }: Held): string[] =>
    id === document ? [room, view] : [room, documentRoom(uid, document), view];

  const log = (type: string, socket: SocketIOSocket, { uid, id }: Held): void => {
    if (!settings().enableMetrics) return;
    const { describe, logEvent } = getService(strapi, 'monitoring');
    logEvent(type, { socketId: socket.id, uid, id, user: describe.user(socket) });
  };

  const count = (uid: string, change: 1 | -1): void => {
    const now = (counts.get(uid) ?? 0) + change;
    if (now === 0) counts.delete(uid);
    else counts.set(uid, now);
  };

  const drop = (socket: SocketIOSocket, subscription: Held): void => {
    const own = held.get(socket);
    if (own?.delete(entityRoom(subscription.uid, subscription.document)) === true) {
      count(subscription.uid, -1);
    }
    const others = [...(own?.values() ?? [])];
    for (const room of roomsOf(subscription)) void socket.leave(room);
    if (!others.some(({ uid }) => uid === subscription.uid)) {
      void socket.leave(watchersRoom(subscription.uid));
    }
  };

  /** The socket is gone, and its rooms with it. */
  const forget = (socket: SocketIOSocket): void => {
    for (const { uid } of held.get(socket)?.values() ?? []) count(uid, -1);
    held.delete(socket);
  };

  const find = (socket: SocketIOSocket, uid: string, id: string): Held | undefined => {
    const own = held.get(socket);
    const document = ids.known(uid, id) ?? id;
    return (
      own?.get(entityRoom(uid, document)) ??
      [...(own?.values() ?? [])].find((one) => one.uid === uid && one.id === id)
    );
  };

  const subscribe = async (
    socket: SocketIOSocket,
    givenUid: unknown,
    givenId: unknown,
  ): Promise<string> => {
    const uid = checkType(givenUid);
    const id = ids.parse(givenId);
    checkAllowed(uid);
    if ((await reader(socket, uid)) === undefined) {
      throw new Refusal('Permission denied: no access to this content type');
    }
    const document = await documentOf(uid, id);
    // Asked last, as it may have changed while the database was asked; nothing waits from here on.
    const principal = await reader(socket, uid);
    if (principal === undefined) {
      throw new Refusal('Permission denied: no access to this content type');
    }
    if (!socket.connected) throw new Refusal('Socket not found');
    const key = entityRoom(uid, document);
    const own = held.get(socket) ?? new Map<string, Held>();
    const existing = own.get(key);
    if (existing !== undefined) return existing.room;
    const { maxSubscriptionsPerSocket: max } = settings();
    if (own.size >= max) throw new Refusal(`Maximum subscriptions (${max}) reached`);
    const view = viewRoom(principal.room, uid, document);
    const subscription = { uid, id, room: entityRoom(uid, id), document, view };
    own.set(key, subscription);
    count(uid, 1);
    if (!held.has(socket)) {
      held.set(socket, own);
      socket.once('disconnect', () => forget(socket));
    }
    enter(socket, [...roomsOf(subscription), watchersRoom(uid)]);
    log('entity-subscribe', socket, subscription);
    return subscription.room;
  };

  const unsubscribe = (socket: SocketIOSocket, givenUid: unknown, givenId: unknown): string => {
    const uid = checkType(givenUid);
    const id = ids.parse(givenId);
    const subscription = find(socket, uid, id);
    if (subscription === undefined) return entityRoom(uid, id);
    drop(socket, subscription);
    log('entity-unsubscribe', socket, subscription);
    return subscription.room;
  };

  /**
   * The identity of a socket or the permissions of its role have changed: what it may not read any
   * more is dropped, the rest is seen with the new eyes.
   */
  const moved = async (socket: SocketIOSocket): Promise<void> => {
    for (const subscription of [...(held.get(socket)?.values() ?? [])]) {
      const principal = await reader(socket, subscription.uid);
      if (!held.get(socket)?.has(entityRoom(subscription.uid, subscription.document))) continue;
      if (principal === undefined) {
        drop(socket, subscription);
        continue;
      }
      const view = viewRoom(principal.room, subscription.uid, subscription.document);
      if (view === subscription.view) continue;
      void socket.leave(subscription.view);
      subscription.view = view;
      enter(socket, [view]);
    }
  };

  /** A socket that cannot be checked must not stay. */
  const movedOrEnded = async (socket: SocketIOSocket): Promise<void> => {
    try {
      await moved(socket);
    } catch (error) {
      strapi.log.error(
        `plugin io: socket ${socket.id} is disconnected, as its subscriptions cannot be checked: ${describeError(error)}`,
      );
      dismiss(strapi, socket, 'Access cannot be checked');
    }
  };

  return {
    ids,

    /**
     * Returns the room. Throws a `Refusal`. Subscribing to the same entity again, by whichever id,
     * changes nothing.
     */
    subscribe,

    /** Returns the room. Throws a `Refusal`; what the socket is not subscribed to is no reason. */
    unsubscribe,

    /** The same, for row ids too whose document is not known yet. */
    async unsubscribeByAnyId(socket: SocketIOSocket, uid: unknown, id: unknown): Promise<string> {
      const type = checkType(uid);
      const name = ids.parse(id);
      if (held.has(socket) && ids.known(type, name) === undefined) {
        await ids.find(type, name, { publishedOnly: false });
      }
      return unsubscribe(socket, type, name);
    },

    list: (socket: SocketIOSocket): EntitySubscription[] =>
      [...(held.get(socket)?.values() ?? [])].map(({ uid, id, room }) => ({ uid, id, room })),

    /**
     * Gives a socket whose session was recovered its subscriptions back. It has been in their rooms since
     * it connected, so that no event is missed or comes twice; whether it may stay is asked anew.
     */
    async restore(socket: SocketIOSocket): Promise<void> {
      const rooms = [...socket.rooms];
      for (const room of rooms.filter(isEntityRoom)) {
        const end = room.indexOf(':', room.indexOf('::') + 2);
        try {
          await subscribe(socket, room.slice(0, end), room.slice(end + 1));
        } catch (error) {
          if (error instanceof Refusal) continue;
          strapi.log.error(
            `plugin io: socket ${socket.id} lost its subscription ${room}: ${describeError(error)}`,
          );
        }
      }
      const kept = new Set(
        [...(held.get(socket)?.values() ?? [])].flatMap((subscription) => [
          ...roomsOf(subscription),
          watchersRoom(subscription.uid),
        ]),
      );
      const isOfEntities = (room: string): boolean =>
        isEntityRoom(room) || (isInternalRoom(room) && room.includes('::'));
      for (const room of rooms) if (isOfEntities(room) && !kept.has(room)) void socket.leave(room);
    },

    moved,

    /**
     * What roles and tokens may read has changed: their sockets stay who they are, but may hold subscriptions that are
     * not allowed any more. No event waits for this, as none is sent to principals that may not read the type.
     */
    permissionsChanged(): void {
      if (isReviewing) return;
      isReviewing = true;
      reviews.add(() => {
        isReviewing = false;
        return inSlices([...held.keys()], movedOrEnded);
      });
    },

    /** Resolves when subscriptions that are not allowed any more have been dropped. */
    settled: (): Promise<void> => reviews.idle(),

    /**
     * Where a content event about an entity goes. Both its ids count: who subscribed by row id
     * before the row existed is subscribed under that.
     */
    route(uid: string, entity: { id?: unknown; documentId?: unknown }): Route {
      const server = getService(strapi, 'server');
      const names = ids.namesOf(uid, entity);
      const watchers = watchersRoom(uid);
      return {
        except: server.mayHaveMembers(watchers) ? [watchers] : [],
        roomsFor: (principalRoom) =>
          names
            .map((name) => viewRoom(principalRoom, uid, name))
            .filter((room) => server.mayHaveMembers(room)),
      };
    },

    stop: (): Promise<void> => reviews.close(),

    /** How many subscriptions this node's sockets have; none where the settings say not to count. */
    counts(): Pick<EntityMetrics, 'total' | 'byContentType'> {
      const counted = settings().enableMetrics ? [...counts] : [];
      const total = counted.reduce((sum, [, number]) => sum + number, 0);
      return { total, byContentType: Object.fromEntries(counted) };
    },

    /** The rooms of these subscriptions, at most so many. */
    rooms(limit: number): string[] {
      const rooms = new Set<string>();
      if (!settings().enableMetrics) return [];
      for (const own of held.values()) {
        for (const { room } of own.values()) {
          if (rooms.size >= limit) return [...rooms];
          rooms.add(room);
        }
      }
      return [...rooms];
    },
  };
}

export type SubscriptionsService = ReturnType<typeof createSubscriptionsService>;
