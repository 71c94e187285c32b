import type {
  EntityResult,
  EntitySubscriptionsResult,
  SocketInfo,
  SocketIOHelpers,
} from '../../../types';
import type { ServiceContext, SocketIOSocket, SocketUser } from '../types';
import { findContentType } from '../utils/content-type';
import { dismiss } from '../utils/dismiss';
import { documentRoom, entityRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import type { RawCopy } from './sanitize';

const NOT_FOUND = { success: false as const, error: 'Socket not found' };

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

function checkEvent(method: string, event: unknown): asserts event is string {
  if (!isName(event)) {
    throw new Error(`plugin io: ${method}: event ${JSON.stringify(event)} is not a name`);
  }
}

/**
 * The helper functions of `strapi.$io`. Sockets go by their ids in the main namespace. The
 * synchronous ones cannot wait for other nodes: for a socket that is not on this one they answer
 * that it was found, if there are other nodes to ask, which then do it if they have it.
 */
export function createHelpersService({ strapi }: ServiceContext) {
  const io = () => getService(strapi, 'server').io();
  const cluster = () => getService(strapi, 'cluster');
  const subscriptions = () => getService(strapi, 'subscriptions');
  /** `emitToEntity` returns at once; what has to be looked up goes out in the order of the calls. */
  const lookups = new SerialQueue((error) => {
    strapi.log.error(`plugin io: emitToEntity failed: ${describeError(error)}`);
  });
  let waiting = 0;

  const isHere = (id: unknown): id is string => isName(id) && io().sockets.sockets.has(id);

  const engine = () => getService(strapi, 'server').requireEngine();

  /** What may be sent of the data: as it is now, should it be sent later. */
  const copyOf = (data: unknown): RawCopy | undefined => getService(strapi, 'sanitize').raw(data);

  const valueOf = (copy: RawCopy | undefined): unknown[] => {
    if (copy === undefined) return [];
    return ['json' in copy ? (JSON.parse(copy.json) as unknown) : copy.value];
  };

  /** To rooms of the main namespace (each socket is in one of its own), to all if none are named. */
  const send = (
    { rooms = [], except = [] }: { rooms?: string[]; except?: string[] },
    event: string,
    copy: RawCopy | undefined,
  ): void => {
    if (copy !== undefined && 'json' in copy) io().emitJson(event, copy.json, rooms, except);
    else {
      const target = io().to(rooms).except(except);
      target.emit(event, ...valueOf(copy));
    }
  };

  /** What was sent and to whom, not what it said: the log is for people who may not read that. */
  const count = (event: string, by: keyof SocketIOHelpers, to: object): void =>
    getService(strapi, 'monitoring').logEvent(event, { by, ...to });

  const inRooms = async (rooms: string[]): Promise<SocketInfo[]> => {
    if (!cluster().isClustered()) {
      return engine()
        .socketsIn('/', rooms)
        .map(({ sid, user }) => ({
          id: sid,
          user: user === null ? null : (JSON.parse(user) as SocketUser),
        }));
    }
    const sockets = await io().in(rooms).fetchSockets();
    return sockets.map(({ id, data }) => ({
      id,
      user: (data as { user?: SocketUser | null }).user ?? null,
    }));
  };

  const mayMove = (socketId: string, room: string): boolean => {
    const owner = getService(strapi, 'rooms').ownerOf('/', socketId, room);
    if (owner === null && room !== socketId) return true;
    strapi.log.warn(
      `plugin io: socket ${socketId} was not moved: room ${JSON.stringify(room)} is reserved for ${owner ?? 'that socket'}`,
    );
    return false;
  };

  /** The helpers that act on one socket, for a socket of this node; undefined if it is not here. */
  const local = {
    joinRoom(socketId: unknown, room: unknown): boolean | undefined {
      if (!isHere(socketId) || !isName(room)) return undefined;
      if (!mayMove(socketId, room)) return false;
      void io()
        .of('/')
        .adapter.addAll(socketId, new Set([room]));
      return true;
    },

    leaveRoom(socketId: unknown, room: unknown): boolean | undefined {
      if (!isHere(socketId) || !isName(room)) return undefined;
      if (!mayMove(socketId, room)) return false;
      void io().of('/').adapter.del(socketId, room);
      return true;
    },

    sendPrivateMessage(socketId: unknown, event: unknown, data: unknown): true | undefined {
      if (!isHere(socketId)) return undefined;
      send({ rooms: [socketId] }, event as string, copyOf(data));
      // Here rather than where it was asked for: this node knows that there is somebody to get it.
      count(event as string, 'sendPrivateMessage', { socketId });
      return true;
    },

    disconnectSocket(socketId: unknown, reason: unknown): true | undefined {
      if (!isHere(socketId)) return undefined;
      const text = isName(reason) ? reason : 'Disconnected by the server';
      if (engine().dismissSocket('/', socketId, text)) return true;
      const socket = io().sockets.sockets.get(socketId);
      if (socket !== undefined) dismiss(strapi, socket as SocketIOSocket, text);
      return true;
    },

    async subscribeToEntity(
      socketId: unknown,
      uid: string,
      id: string | number,
    ): Promise<EntityResult | undefined> {
      return isHere(socketId) ? subscriptions().subscribe(socketId, uid, id) : undefined;
    },

    unsubscribeFromEntity(
      socketId: unknown,
      uid: string,
      id: string | number,
    ): EntityResult | undefined {
      return isHere(socketId) ? subscriptions().unsubscribe(socketId, uid, id) : undefined;
    },
  };

  const entityRooms = (uid: string, id: string, document: string): string[] => [
    ...new Set([entityRoom(uid, document), documentRoom(uid, document), entityRoom(uid, id)]),
  ];

  const checkEntity = (method: string, uid: unknown, id: unknown): string => {
    if (!isName(uid) || findContentType(strapi, uid) === undefined) {
      throw new Error(`plugin io: ${method}: uid ${JSON.stringify(uid)} is not a content type`);
    }
    try {
      return subscriptions().ids.parse(id);
    } catch {
      throw new Error(
        `plugin io: ${method}: id ${JSON.stringify(id)} is not a number or a documentId`,
      );
    }
  };

  const helpers: SocketIOHelpers = {
    joinRoom: (socketId, room) =>
      isName(socketId) &&
      isName(room) &&
      (local.joinRoom(socketId, room) ?? cluster().tell('joinRoom', [socketId, room])),

    leaveRoom: (socketId, room) =>
      isName(socketId) &&
      isName(room) &&
      (local.leaveRoom(socketId, room) ?? cluster().tell('leaveRoom', [socketId, room])),

    getSocketsInRoom: (room) => (isName(room) ? inRooms([room]) : Promise.resolve([])),

    sendPrivateMessage(socketId, event, data) {
      checkEvent('sendPrivateMessage', event);
      if (local.sendPrivateMessage(socketId, event, data) === undefined) {
        cluster().tell('sendPrivateMessage', [socketId, event, ...valueOf(copyOf(data))]);
      }
    },

    broadcast(socketId, event, data) {
      checkEvent('broadcast', event);
      const here = isHere(socketId);
      if (!here && !cluster().isClustered()) return;
      send({ except: [socketId] }, event, copyOf(data));
      count(event, 'broadcast', { socketId });
    },

    emitToNamespace(namespace, event, data) {
      checkEvent('emitToNamespace', event);
      const nsp = getService(strapi, 'namespaces').find(io(), namespace);
      if (nsp === undefined) {
        strapi.log.warn(
          `plugin io: emitToNamespace: there is no namespace ${JSON.stringify(namespace)}: add it to namespaces.list in the settings`,
        );
        return;
      }
      nsp.emit(event, ...valueOf(copyOf(data)));
      count(event, 'emitToNamespace', { namespace });
    },

    disconnectSocket: (socketId, reason) =>
      isName(socketId) &&
      (local.disconnectSocket(socketId, reason) ??
        cluster().tell('disconnectSocket', [socketId, reason])),

    subscribeToEntity: async (socketId, uid, id) =>
      (await local.subscribeToEntity(socketId, uid, id)) ??
      ((await cluster().ask('subscribeToEntity', [socketId, uid, id])) as EntityResult) ??
      NOT_FOUND,

    unsubscribeFromEntity(socketId, uid, id) {
      const here = local.unsubscribeFromEntity(socketId, uid, id);
      if (here !== undefined) return here;
      const told = cluster().tell('unsubscribeFromEntity', [socketId, uid, id]);
      return told ? { success: true, room: entityRoom(uid, String(id)), uid, id } : NOT_FOUND;
    },

    getEntitySubscriptions(socketId): EntitySubscriptionsResult {
      if (!isHere(socketId)) return NOT_FOUND;
      return { success: true, subscriptions: subscriptions().list(socketId) };
    },

    emitToEntity(uid, id, event, data) {
      checkEvent('emitToEntity', event);
      const name = checkEntity('emitToEntity', uid, id);
      const copy = copyOf(data);
      const { ids } = subscriptions();
      const sendTo = (document: string): void => {
        send({ rooms: entityRooms(uid, name, document) }, event, copy);
        count(event, 'emitToEntity', { uid, id: name });
      };
      const document = ids.known(uid, name);
      if (document !== undefined && waiting === 0) return sendTo(document);
      waiting += 1;
      lookups.add(async () => {
        try {
          sendTo(document ?? (await ids.find(uid, name, { publishedOnly: false })) ?? name);
        } finally {
          waiting -= 1;
        }
      });
    },

    async getEntityRoomSockets(uid, id) {
      const name = checkEntity('getEntityRoomSockets', uid, id);
      const { ids } = subscriptions();
      const document =
        ids.known(uid, name) ?? (await ids.find(uid, name, { publishedOnly: false }));
      return inRooms(entityRooms(uid, name, document ?? name));
    },
  };

  return {
    helpers,

    /** Lets other nodes ask for what only the node of a socket can do. */
    start(): void {
      for (const [name, method] of Object.entries(local)) {
        cluster().handle(name, (args) => (method as (...args: unknown[]) => unknown)(...args));
      }
    },

    /** Disconnects a socket of whichever node. False: none has it. */
    async disconnect(socketId: string, reason: string | undefined): Promise<boolean> {
      if (local.disconnectSocket(socketId, reason) !== undefined) return true;
      const others = getService(strapi, 'monitoring-nodes');
      return (await others.ask('disconnectSocket', [socketId, reason])).includes(true);
    },

    async stop(): Promise<void> {
      await lookups.close();
    },
  };
}

export type HelpersService = ReturnType<typeof createHelpersService>;
