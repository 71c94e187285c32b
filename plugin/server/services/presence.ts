import type { PresenceAcks } from '../../shared/contracts/presence';
import { createAdmins } from '../presence/admins';
import { createDocuments } from '../presence/documents';
import { MAX_WAITING, presenceLimits } from '../presence/limits';
import { parseDocument, parseFieldName, resolveDocument } from '../presence/requests';
import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import type { AdminConnection } from './admin-sessions';

type ClientEvent = keyof PresenceAcks;
/** What the acknowledgement says besides `success`. */
type Action = (payload: unknown) => object | Promise<object>;

const CLIENT_EVENTS: readonly ClientEvent[] = [
  'presence:join',
  'presence:leave',
  'presence:check',
  'presence:heartbeat',
  'presence:typing',
];

/** How long what an admin may read is taken for granted; changes made through this node are seen at once. */
const READABLE_TTL = 30_000;

const acknowledge = (args: unknown[], answer: object): void => {
  const ack: unknown = args.at(-1);
  if (typeof ack === 'function') (ack as (answer: object) => void)(answer);
};

/** Everybody but admins. Also says so where nobody would answer otherwise. */
const refuse = (...args: unknown[]): void => {
  acknowledge(args, {
    success: false,
    error: 'Presence is for admins who connect with the strategy "admin-jwt"',
  });
};

/** Live presence: which admins are editing which document, and where they are typing. */
export function createPresenceService({ strapi }: ServiceContext) {
  const admins = createAdmins(strapi);
  const io = () => getService(strapi, 'server').io();
  const documents = createDocuments(strapi, {
    io,
    cluster: getService(strapi, 'cluster'),
    limits: presenceLimits(getService(strapi, 'options').config),
  });
  let readable = new WeakMap<SocketIOSocket, { at: number; uids: (uid: string) => boolean }>();

  const mayRead = async (
    socket: SocketIOSocket,
    { user }: AdminConnection,
    uid: string,
  ): Promise<boolean> => {
    const known = readable.get(socket);
    if (known !== undefined && performance.now() - known.at < READABLE_TTL) return known.uids(uid);
    const cache = readable;
    const at = performance.now();
    const admin = await admins.one(user.id);
    const uids = admin === null ? () => false : await admins.readable(admin);
    // Into the cache it was asked for: another one is there if rights have changed meanwhile.
    cache.set(socket, { at, uids });
    return uids(uid);
  };

  const actionsFor = (
    socket: SocketIOSocket,
    connection: AdminConnection,
  ): Record<ClientEvent, Action> => {
    const { user } = connection;

    /** The document of a request, if the admin may read its type. */
    const permitted = async (payload: unknown) => {
      const request = parseDocument(strapi, payload);
      if (!(await mayRead(socket, connection, request.uid))) {
        throw new Refusal('You may not read this content type');
      }
      return resolveDocument(strapi, request);
    };
    const named = (payload: unknown) => resolveDocument(strapi, parseDocument(strapi, payload));

    return {
      'presence:join': async (payload) => {
        const document = await permitted(payload);
        if (!socket.connected) throw new Refusal('Disconnected');
        await documents.join(socket, document, user);
        return documents.state(document);
      },
      'presence:leave': async (payload) => {
        const document = await named(payload);
        documents.leave(socket, document);
        return document;
      },
      'presence:check': async (payload) => documents.state(await permitted(payload)),
      'presence:heartbeat': () => ({ documents: documents.heartbeat(socket) }),
      'presence:typing': async (payload) => {
        const fieldName = parseFieldName(payload);
        documents.typing(socket, await named(payload), user, fieldName);
        return {};
      },
    };
  };

  const run = async (event: ClientEvent, action: Action, args: unknown[]): Promise<void> => {
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    try {
      acknowledge(args, { success: true, ...(await action(payload)) });
    } catch (error) {
      const isTheirs = error instanceof Refusal;
      if (!isTheirs) strapi.log.error(`plugin io: ${event} failed: ${describeError(error)}`);
      const message = isTheirs ? error.message : 'Internal error';
      acknowledge(args, { success: false, error: message });
    }
  };

  /** One after the other: who joins and leaves at once has left. */
  const listen = (socket: SocketIOSocket, connection: AdminConnection): void => {
    const queue = new SerialQueue((error) => {
      strapi.log.error(`plugin io: presence of ${socket.id} failed: ${describeError(error)}`);
    });
    const actions = actionsFor(socket, connection);
    let waiting = 0;
    for (const event of CLIENT_EVENTS) {
      socket.on(event, (...args: unknown[]) => {
        if (waiting >= MAX_WAITING) {
          acknowledge(args, { success: false, error: 'Too many requests at once' });
          return;
        }
        waiting += 1;
        queue.add(() => run(event, actions[event], args).finally(() => (waiting -= 1)));
      });
    }
    socket.on('disconnect', () => {
      void queue.close();
      documents.leaveAll(socket);
    });
  };

  const attach = (socket: SocketIOSocket): void => {
    const connection = getService(strapi, 'admin-sessions').attach(socket);
    if (connection === null) {
      for (const event of CLIENT_EVENTS) socket.on(event, refuse);
      return;
    }
    documents.enter(socket, connection.user);
    listen(socket, connection);
  };

  return {
    start(): void {
      documents.start();
      io().on('connection', (socket) => attach(socket as SocketIOSocket));
    },

    stop(): void {
      documents.stop();
    },

    /** Rights may have changed: who may not read a type any more leaves its documents. */
    async review(): Promise<void> {
      readable = new WeakMap();
      for (const [socket, connection] of getService(strapi, 'admin-sessions').connections()) {
        for (const document of documents.of(socket)) {
          if (await mayRead(socket, connection, document.uid)) continue;
          documents.leave(socket, document);
        }
      }
    },
  };
}

export type PresenceService = ReturnType<typeof createPresenceService>;
