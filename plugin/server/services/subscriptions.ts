import type { EntityMetrics, EntityResult, EntitySubscription } from '../../../types';
import type { EntityAnswer, EntityQuestion } from '../../socket-io/native';
import type { ServiceContext, SocketIOSocket } from '../types';
import { createEntityIds } from '../utils/entity-ids';
import {
  documentRoom,
  isEntityRoom,
  isInternalRoom,
  viewRoom,
  watchersRoom,
} from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';

/** Where the events of one entity go: see `route`. */
export interface Route {
  /** Not to those in these rooms, as they chose some entities of the type... */
  except: string[];
  /** ...but to those in these, who chose this one; by the room of the principal. */
  roomsFor(principalRoom: string): string[];
}

/**
 * Entity subscriptions: a socket that subscribes to entities of a type gets that type's content events for those
 * entities only. The engine keeps them. Socket.IO sends to unions of rooms, not to intersections, so a subscriber is in
 * a room per type it watches (left out of the role-wide event) and in one per entity and principal (addressed instead).
 */
export function createSubscriptionsService({ strapi }: ServiceContext) {
  const ids = createEntityIds(strapi);
  const server = () => getService(strapi, 'server');
  const engine = () => server().requireEngine();

  const settings = () => getService(strapi, 'settings').current().entitySubscriptions;

  const list = (socketId: string): EntitySubscription[] =>
    engine()
      .subscriptions('/', socketId)
      .map(({ uid, id, room }) => ({ uid, id, room }));

  const subscribe = async (socketId: string, uid: unknown, id: unknown): Promise<EntityResult> => {
    const payload = JSON.stringify({ uid, id });
    const { answer, joined, left } = await engine().clientEvent(
      '/',
      socketId,
      'subscribe-entity',
      payload,
      false,
    );
    server().io().followRooms('/', socketId, joined, left);
    return JSON.parse(answer) as EntityResult;
  };

  /** The document of a row that is not there for readers, where that does not matter. */
  const unverified = (uid: string, entity: string): string | null =>
    settings().requireVerification ? null : (ids.knownRow(uid, entity) ?? null);

  /** Which documents entities of one type are. */
  const answersOf = async (questions: readonly EntityQuestion[]): Promise<EntityAnswer[]> => {
    const [{ uid, published }] = questions;
    try {
      const found = await ids.findMany(
        uid,
        questions.map(({ entity }) => entity),
        published,
      );
      return questions.map(({ id, entity }) => ({
        id,
        document: found.get(entity) ?? unverified(uid, entity),
        failed: false,
      }));
    } catch (error) {
      // While a database is away every request of every client fails.
      if (engine().mayLog('entities')) {
        strapi.log.error(
          `plugin io: entities of ${uid} were not looked up: ${describeError(error)}`,
        );
      }
      return questions.map(({ id }) => ({ id, document: null, failed: true }));
    }
  };

  return {
    ids,

    /** The documents of entities that clients name, for the engine. Never throws. */
    async lookUp(questions: readonly EntityQuestion[]): Promise<EntityAnswer[]> {
      const byType = new Map<string, EntityQuestion[]>();
      for (const question of questions) {
        const key = `${question.uid} ${question.published}`;
        byType.set(key, [...(byType.get(key) ?? []), question]);
      }
      return (await Promise.all([...byType.values()].map(answersOf))).flat();
    },

    /** Subscribing to the same entity again, by whichever id, changes nothing. */
    subscribe,

    /** What the socket is not subscribed to is no reason to fail. */
    unsubscribe(socketId: string, uid: string, id: string | number): EntityResult {
      const document = ids.known(uid, String(id)) ?? String(id);
      const own = engine().subscriptions('/', socketId);
      const isMeant = own.some((one) => one.uid === uid && one.document === document);
      const entity = isMeant ? document : String(id);
      const { answer, joined, left } = engine().unsubscribe('/', socketId, uid, entity);
      server().io().followRooms('/', socketId, joined, left);
      const result = JSON.parse(answer) as EntityResult;
      return result.success ? { ...result, id } : result;
    },

    /** By the id of a socket. */
    list,

    /**
     * Gives a socket whose session was recovered its subscriptions back. It has been in their rooms since
     * it connected, so that no event is missed or comes twice; whether it may stay is asked anew.
     */
    async restore(socket: SocketIOSocket): Promise<void> {
      const rooms = [...socket.rooms];
      for (const room of rooms.filter(isEntityRoom)) {
        const end = room.indexOf(':', room.indexOf('::') + 2);
        try {
          await subscribe(socket.id, room.slice(0, end), room.slice(end + 1));
        } catch (error) {
          strapi.log.error(
            `plugin io: socket ${socket.id} lost its subscription ${room}: ${describeError(error)}`,
          );
        }
      }
      const principal = await getService(strapi, 'identities').principalOf(socket);
      const kept = new Set(
        engine()
          .subscriptions('/', socket.id)
          .flatMap(({ uid, document, room }) => [
            room,
            documentRoom(uid, document),
            watchersRoom(uid),
            ...(principal === undefined ? [] : [viewRoom(principal.room, uid, document)]),
          ]),
      );
      const isOfEntities = (room: string): boolean =>
        isEntityRoom(room) || (isInternalRoom(room) && room.includes('::'));
      for (const room of rooms) if (isOfEntities(room) && !kept.has(room)) void socket.leave(room);
    },

    /**
     * Where a content event about an entity goes. Both its ids count: who subscribed by row id
     * before the row existed is subscribed under that.
     */
    route(uid: string, entity: { id?: unknown; documentId?: unknown }): Route {
      const names = ids.namesOf(uid, entity);
      const watchers = watchersRoom(uid);
      return {
        except: server().mayHaveMembers(watchers) ? [watchers] : [],
        roomsFor: (principalRoom) =>
          names
            .map((name) => viewRoom(principalRoom, uid, name))
            .filter((room) => server().mayHaveMembers(room)),
      };
    },

    /** How many subscriptions this node's sockets have; none where the settings say not to count. */
    counts(): Pick<EntityMetrics, 'total' | 'byContentType'> {
      const counted = settings().enableMetrics ? engine().subscriptionCounts() : [];
      return {
        total: counted.reduce((sum, { count }) => sum + count, 0),
        byContentType: Object.fromEntries(counted.map(({ uid, count }) => [uid, count])),
      };
    },

    /** The rooms of these subscriptions, at most so many. */
    rooms: (limit: number): string[] =>
      settings().enableMetrics ? engine().subscriptionRooms('/', limit) : [],
  };
}

export type SubscriptionsService = ReturnType<typeof createSubscriptionsService>;
