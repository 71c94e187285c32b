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
import { Refusal } from '../utils/refusal';
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

  const socketOf = (id: unknown): SocketIOSocket | undefined =>
    isName(id) ? (io().sockets.sockets.get(id) as SocketIOSocket | undefined) : undefined;

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
    const sockets = await io().in(rooms).fetchSockets();
    return sockets.map(({ id, data }) => ({
      id,
      user: (data as { user?: SocketUser | null }).user ?? null,
    }));
  };

  const mayMove = (socket: SocketIOSocket, room: string): boolean => {
    const owner = getService(strapi, 'rooms').ownerOf(socket, room);
    if (owner === null && room !== socket.id) return true;
    strapi.log.warn(
      `plugin io: socket ${socket.id} was not moved: room ${JSON.stringify(room)} is reserved for ${owner ?? 'that socket'}`,
    );
    return false;
  };

  const result = (work: () => string, uid: string, id: string | number): EntityResult => {
    try {
      return { success: true, room: work(), uid, id };
    } catch (error) {
      if (error instanceof Refusal) return { success: false, error: error.message };
      throw error;
    }
  };

  /** The helpers that act on one socket, for a socket of this node; undefined if it is not here. */
  const local = {
    joinRoom(socketId: unknown, room: unknown): boolean | undefined {
      const socket = socketOf(socketId);
      if (socket === undefined || !isName(room)) return undefined;
      if (!mayMove(socket, room)) return false;
      void socket.join(room);
      return true;
    },

    leaveRoom(socketId: unknown, room: unknown): boolean | undefined {
      const socket = socketOf(socketId);
      if (socket === undefined || !isName(room)) return undefined;
      if (!mayMove(socket, room)) return false;
      void socket.leave(room);
      return true;
    },

    sendPrivateMessage(socketId: unknown, event: unknown, data: unknown): true | undefined {
      const socket = socketOf(socketId);
      if (socket === undefined) return undefined;
      send({ rooms: [socket.id] }, event as string, copyOf(data));
      // Here rather than where it was asked for: this node knows that there is somebody to get it.
      count(event as string, 'sendPrivateMessage', { socketId: socket.id });
      return true;
    },

    disconnectSocket(socketId: unknown, reason: unknown): true | undefined {
      const socket = socketOf(socketId);
      if (socket === undefined) return undefined;
      dismiss(strapi, socket, isName(reason) ? reason : 'Disconnected by the server');
      return true;
    },

    async subscribeToEntity(
      socketId: unknown,
      uid: string,
      id: string | number,
    ): Promise<EntityResult | undefined> {
      const socket = socketOf(socketId);
      if (socket === undefined) return undefined;
      try {
        const room = await subscriptions().subscribe(socket, uid, id);
        return { success: true, room, uid, id };
      } catch (error) {
        if (error instanceof Refusal) return { success: false, error: error.message };
        throw error;
      }
    },

    unsubscribeFromEntity(
      socketId: unknown,
      uid: string,
      id: string | number,
    ): EntityResult | undefined {
      const socket = socketOf(socketId);
      if (socket === undefined) return undefined;
      return result(() => subscriptions().unsubscribe(socket, uid, id), uid, id);
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
      const here = socketOf(socketId) !== undefined;
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
      const socket = socketOf(socketId);
      if (socket === undefined) return NOT_FOUND;
      return { success: true, subscriptions: subscriptions().list(socket) };
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
