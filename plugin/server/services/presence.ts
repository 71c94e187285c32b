import type { PresenceAcks } from '../../shared/contracts/presence';
import { createAdmins } from '../presence/admins';
import { createDocuments } from '../presence/documents';
import { presenceLimits } from '../presence/limits';
import { parseDocument, parseFieldName, resolveDocument } from '../presence/requests';
import type { ServiceContext, SocketIOSocket } from '../types';
import { type Action, createRefuser, serveRequests } from '../utils/admin-requests';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { type AdminConnection, RENEW_EVENT } from './admin-sessions';

type ClientEvent = keyof PresenceAcks;

export const PRESENCE_EVENTS: readonly ClientEvent[] = [
  'presence:join',
  'presence:leave',
  'presence:check',
  'presence:heartbeat',
  'presence:typing',
];

const refuse = createRefuser(
  [...PRESENCE_EVENTS, RENEW_EVENT],
  'Presence is for admins who connect with the strategy "admin-jwt"',
);

/** How long what an admin may read is taken for granted; changes made through this node are seen at once. */
const READABLE_TTL = 30_000;

/** Live presence: which admins are editing which document, and where they are typing. */
export function createPresenceService({ strapi }: ServiceContext) {
  const admins = createAdmins(strapi);
  const io = () => getService(strapi, 'server').io();
  const documents = createDocuments(strapi, {
    io,
    cluster: getService(strapi, 'cluster'),
    limits: presenceLimits(getService(strapi, 'options').config),
  });
  let unsubscribe: (() => void) | null = null;
  /** By admin: those who are connected, forgotten at each review. */
  let readable = new Map<number, { at: number; uids: Promise<(uid: string) => boolean> }>();

  const checkEnabled = (): void => {
    if (!getService(strapi, 'settings').current().presence.enabled) {
      throw new Refusal('Presence is switched off');
    }
  };

  const readableBy = async (id: number): Promise<(uid: string) => boolean> => {
    const admin = await admins.one(id);
    return admin === null ? () => false : admins.readable(admin);
  };

  const mayRead = async ({ user }: AdminConnection, uid: string): Promise<boolean> => {
    const cache = readable;
    let known = cache.get(user.id);
    if (known === undefined || performance.now() - known.at >= READABLE_TTL) {
      known = { at: performance.now(), uids: readableBy(user.id) };
      cache.set(user.id, known);
      known.uids.catch(() => cache.delete(user.id));
    }
    return (await known.uids)(uid);
  };

  const actionsFor = (
    socket: SocketIOSocket,
    connection: AdminConnection,
  ): Record<string, Action> => {
    const { user } = connection;

    /** The document of a request, if the admin may read its type. */
    const permitted = async (payload: unknown) => {
      const request = parseDocument(strapi, payload);
      if (!(await mayRead(connection, request.uid))) {
        throw new Refusal('You may not read this content type');
      }
      return resolveDocument(strapi, request);
    };

    const actions: Record<ClientEvent, Action> = {
      'presence:join': async (payload) => {
        const document = await permitted(payload);
        if (!socket.connected) throw new Refusal('Disconnected');
        checkEnabled();
        await documents.join(socket, document, user);
        return documents.state(document);
      },
      'presence:leave': async (payload) => {
        const document = await permitted(payload);
        documents.leave(socket, document);
        return document;
      },
      'presence:check': async (payload) => documents.state(await permitted(payload)),
      'presence:heartbeat': () => ({ documents: documents.heartbeat(socket) }),
      'presence:typing': async (payload) => {
        const fieldName = parseFieldName(payload);
        documents.typing(socket, await permitted(payload), user, fieldName);
        return {};
      },
    };
    const whileEnabled = (action: Action): Action => {
      return (payload) => {
        checkEnabled();
        return action(payload);
      };
    };
    return Object.fromEntries(
      Object.entries(actions).map(([event, action]) => [event, whileEnabled(action)]),
    );
  };

  const attach = (socket: SocketIOSocket): void => {
    const connection = getService(strapi, 'admin-sessions').connections().get(socket);
    if (connection === undefined) {
      refuse(socket);
      return;
    }
    documents.enter(socket, connection.user);
    serveRequests(strapi, socket, actionsFor(socket, connection));
    socket.on('disconnect', () => documents.leaveAll(socket));
  };

  /** The panels stay connected, for what else is live there, and are told that nobody edits anything. */
  const leaveAll = (): void => {
    const left = [...getService(strapi, 'admin-sessions').connections().keys()].flatMap((socket) =>
      documents.of(socket).map((document) => ({ socket, document })),
    );
    for (const { socket, document } of left) documents.leave(socket, document);
    for (const { socket, document } of left) {
      socket.emit('presence:update', documents.state(document));
    }
  };

  return {
    start(): void {
      documents.start();
      unsubscribe = getService(strapi, 'settings').onChange(({ presence }) => {
        if (!presence.enabled) leaveAll();
      });
      getService(strapi, 'server').onSocket(attach);
    },

    stop(): void {
      unsubscribe?.();
      unsubscribe = null;
      documents.stop();
    },

    /** Rights may have changed: who may not read a type any more leaves its documents. */
    async review(): Promise<void> {
      readable = new Map();
      for (const [socket, connection] of getService(strapi, 'admin-sessions').connections()) {
        for (const document of documents.of(socket)) {
          if (await mayRead(connection, document.uid)) continue;
          documents.leave(socket, document);
        }
      }
    },
  };
}

export type PresenceService = ReturnType<typeof createPresenceService>;
