/**
 * What nodes say to each other: the arguments of each message, and its answer. Whatever can write to the adapter's
 * channels can send these, so they are checked and bounded. Fields that a newer version adds are ignored.
 */
import { z } from 'zod';

import { MAX_LISTED, MAX_LOG, MAX_NAME } from '../monitoring/limits';

const name = z.string().min(1).max(MAX_NAME);
const text = z.string().max(MAX_NAME);
const count = z.number().min(0);
const flag = z.boolean().nullish();
const id = z.union([name, z.number()]);
const none = z.array(z.unknown()).max(10);
const names = z.array(text).max(MAX_LISTED);
// The engine counts a thousand types of events, and the others as one.
const counts = z.array(z.tuple([text, count])).max(2 * MAX_LISTED);

const args = <T extends [z.ZodType, ...z.ZodType[]]>(...items: T) => z.tuple(items, z.unknown());

const room = z.looseObject({ name: z.string(), members: count });
const rooms = z.object({ total: count, items: z.array(room).max(MAX_LISTED) });

const logEntries = z
  .array(z.object({ timestamp: z.number(), type: text, data: z.unknown() }))
  .max(MAX_LOG);

const summary = z.object({
  connections: count,
  connected: count,
  namespaces: counts,
  rooms,
  entitySubscriptions: z.object({ total: count, byContentType: counts, rooms: names }),
  events: z.object({
    total: count,
    byType: counts,
    lastReset: z.number(),
    perSecond: count,
    history: z.array(count).max(1000),
    second: z.number(),
  }),
  traffic: z.object({
    packetsIn: count,
    packetsOut: count,
    bytesIn: count,
    bytesOut: count,
    slowClosed: count,
    refused: count,
    limited: count,
    // Not told by earlier versions.
    clusterDropped: count.default(0),
  }),
});

const socket = z.looseObject({
  id: name,
  connected: z.boolean(),
  rooms: z.array(z.string()),
  entitySubscriptions: z.array(z.unknown()),
  handshake: z.looseObject({}),
  node: name,
});

const windows = z.array(z.tuple([name.nullable(), count, count.max(MAX_LISTED)])).max(MAX_LISTED);

const document = z.object({ uid: name, documentId: text.nullable() });
const tab = z.object({
  document,
  socketId: name,
  user: z.object({ id: z.number(), firstname: text.nullable(), lastname: text.nullable() }),
  joinedAt: z.number(),
});

interface Schemas {
  args: z.ZodType<unknown[]>;
  answer?: z.ZodType;
}

export const MESSAGES: Record<string, Schemas> = {
  settings: { args: none },
  'access-changed': { args: args(name, flag) },

  'monitoring:summary': {
    args: args(
      z.object({
        node: name,
        sentAt: z.number(),
        summary,
        isWatching: z.boolean(),
        log: z.object({ entries: logEntries, dropped: count, next: count }).nullable(),
      }),
    ),
  },
  'monitoring:left': { args: args(name) },
  'monitoring:reset': { args: none },
  'monitoring:history': {
    args: args(count.max(MAX_LOG), flag),
    answer: z.object({ node: name, entries: logEntries, next: count }),
  },
  'monitoring:count': { args: args(text), answer: z.object({ node: name, total: count }) },
  'monitoring:sockets': {
    args: args(text, windows),
    answer: z.object({ node: name, sockets: z.array(socket).max(MAX_LISTED) }),
  },
  'monitoring:rooms': { args: args(text), answer: rooms },

  'presence:hello': { args: none },
  'presence:tabs': { args: args(name, document.nullish(), z.array(tab).max(10_000)) },

  'sessions:redeem': {
    args: args(name),
    answer: z.object({ userId: z.number(), sessionId: name, expiresIn: z.number() }),
  },
  'sessions:invalidate': { args: args(z.number()), answer: count },
  'sessions:counts': {
    args: none,
    answer: z.object({
      activeSessions: count,
      expiringSoon: count,
      activeSocketConnections: count,
    }),
  },
  'sessions:online': {
    args: none,
    answer: z.array(z.object({ id: z.number(), lastActivity: z.number() })).max(10_000),
  },

  joinRoom: { args: args(name, name) },
  leaveRoom: { args: args(name, name) },
  sendPrivateMessage: { args: args(name, name) },
  disconnectSocket: { args: args(name, z.string().nullish()), answer: z.boolean() },
  subscribeToEntity: {
    args: args(name, name, id),
    answer: z.looseObject({ success: z.boolean() }),
  },
  unsubscribeFromEntity: { args: args(name, name, id) },
};
