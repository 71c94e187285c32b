import { z } from 'zod';

import { ACTIONS, type Action, DEFAULT_ACTIONS } from '../constants';
import type { EventHandler, InitHook, Populate, SocketServerOptions } from '../types';
import { suggest } from './suggest';

/** Says which keys are not known here, and what was probably meant. */
function unknownKeys(keys: string[], known: string[]): string {
  return keys
    .map((key) => {
      const meant = suggest(key, known);
      const hint = meant === undefined ? '' : `: did you mean ${JSON.stringify(meant)}?`;
      return `has an unknown key ${JSON.stringify(key)}${hint} (allowed: ${known.join(', ')})`;
    })
    .join('; ');
}

/** An object of exactly these keys: a typo in an option must not be ignored. */
function strict<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, Object.keys(shape)) : undefined,
  });
}

const fn = <T>() => z.custom<T>((value) => typeof value === 'function', 'is not a function');
const name = z.string().min(1);
const milliseconds = z.number().int().min(0);
const anything = z.unknown().optional();

const isPopulate = (value: unknown): value is Populate =>
  value === '*' ||
  value === true ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) ||
  (typeof value === 'object' && value !== null && !Array.isArray(value));

const contentTypeObject = strict({
  uid: name,
  actions: z
    .array(z.enum(ACTIONS))
    .min(1)
    .default((): Action[] => [...DEFAULT_ACTIONS]),
  eventPrefix: name.optional(),
  populate: z
    .custom<Populate>(
      isPopulate,
      "is not one of '*', true, an array of relation names, a populate object",
    )
    .optional(),
  onlyPublished: z.boolean().optional(),
});

/** A uid alone is short for `{ uid }`. */
const contentType = z.preprocess((value, context) => {
  if (typeof value === 'string') return { uid: value };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  context.addIssue({ code: 'custom', message: 'is not a uid or an object', input: value });
  return z.NEVER;
}, contentTypeObject);

/** Socket.IO's own options: the ones the plugin knows a type for are checked, the rest only by name. */
const serverOptions = strict({
  path: z.string().startsWith('/', { error: 'does not start with "/"' }).optional(),
  serveClient: z.boolean().optional(),
  adapter: anything,
  parser: anything,
  connectTimeout: milliseconds.optional(),
  connectionStateRecovery: anything,
  cleanupEmptyChildNamespaces: z.boolean().optional(),
  pingTimeout: milliseconds.optional(),
  pingInterval: milliseconds.optional(),
  upgradeTimeout: milliseconds.optional(),
  maxHttpBufferSize: z.number().int().min(1).optional(),
  allowRequest: fn<unknown>().optional(),
  transports: z
    .array(z.enum(['polling', 'websocket']))
    .min(1)
    .optional(),
  allowUpgrades: z.boolean().optional(),
  perMessageDeflate: anything,
  httpCompression: anything,
  wsEngine: anything,
  initialPacket: anything,
  cookie: anything,
  cors: anything,
  allowEIO3: z.boolean().optional(),
  destroyUpgrade: z.boolean().optional(),
  destroyUpgradeTimeout: milliseconds.optional(),
  addTrailingSlash: z.boolean().optional(),
  // The engine's own.
  maxOutboxBytes: z.number().int().min(1).optional(),
  maxPendingEvents: z.number().int().min(1).optional(),
  threads: z.number().int().min(0).optional(),
  logger: anything,
});

const security = strict({
  requireAuthentication: z.boolean().default(false),
  rateLimit: strict({
    enabled: z.boolean().default(true),
    maxEventsPerSecond: z.number().min(1).optional(),
    maxConnectionsPerIp: z.number().int().min(1).optional(),
  }).optional(),
  ipWhitelist: z.array(name).default([]),
  ipBlacklist: z.array(name).default([]),
});

/**
 * The file configuration. Parsing fills the defaults in: Strapi would merge them into the user's
 * configuration with lodash's `defaultsDeep`, which merges arrays by index.
 */
export const configSchema = strict({
  contentTypes: z.array(contentType).default([]),
  socket: strict({
    serverOptions: serverOptions.transform((options) => options as SocketServerOptions).optional(),
  }).optional(),
  events: z.array(strict({ name, handler: fn<EventHandler>() })).default([]),
  hooks: strict({ init: fn<InitHook>().optional() }).default({}),
  sensitiveFields: z.array(name).default([]),
  allowedFields: z.array(name).default([]),
  onlyPublished: z.boolean().default(true),
  security: security.default({ requireAuthentication: false, ipWhitelist: [], ipBlacklist: [] }),
  eventPermission: z.enum(['read', 'action']).default('read'),
});

export type ResolvedConfig = z.output<typeof configSchema>;
export type WatchedType = z.output<typeof contentTypeObject>;
