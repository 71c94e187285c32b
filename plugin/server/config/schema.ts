import { z } from 'zod';

import { payloadDepth, payloadSize, settingGroups } from '../../shared/settings';
import { strict } from '../../shared/strict';
import { checkAddressRule } from '../../socket-io/native';
import { ACTIONS, type Action, DEFAULT_ACTIONS } from '../constants';
import type { EventHandler, InitHook, Populate, SocketServerOptions } from '../types';

const fn = <T>() => z.custom<T>((value) => typeof value === 'function', 'is not a function');
const name = z.string().min(1);
const duration = z.number().int().min(1).max(86_400_000);
const anything = z.unknown().optional();

const isPopulate = (value: unknown): value is Populate =>
  value === '*' ||
  value === true ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) ||
  (typeof value === 'object' && value !== null && !Array.isArray(value));

const contentTypeObject = strict({
  uid: name,
  // None: the type is not watched.
  actions: z.array(z.enum(ACTIONS)).default((): Action[] => [...DEFAULT_ACTIONS]),
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

export const TRANSPORTS = ['polling', 'websocket'] as const;

type Transport = (typeof TRANSPORTS)[number];

const isTransport = (value: unknown): value is Transport =>
  (TRANSPORTS as readonly unknown[]).includes(value);

/** Those that are served; all of them if none is. */
const knownTransports = (given: readonly unknown[]): Transport[] => {
  const known = given.filter(isTransport);
  return known.length === 0 ? [...TRANSPORTS] : known;
};

/** The bounds of the engine's timers. */
const timer = z.number().int().min(1).max(2_147_483_647);

/** Node's timers end at once beyond this. */
const milliseconds = z.number().int().min(0).max(2_147_483_647);

const parser = z.custom<unknown>((value) => {
  const { Encoder, Decoder } = Object(value) as Record<string, unknown>;
  return typeof Encoder === 'function' && typeof Decoder === 'function';
}, 'is not an object with an Encoder and a Decoder');

/** In the forms of the package `cors`, or the origins alone. */
const cors = z.unknown().superRefine((value, context) => {
  const isNested = typeof value === 'object' && value !== null && 'origin' in value;
  const origin: unknown = isNested ? value.origin : value;
  const isOrigin = (one: unknown): boolean =>
    one == null || typeof one === 'string' || one instanceof RegExp;
  const isFine =
    isOrigin(origin) ||
    typeof origin === 'boolean' ||
    typeof origin === 'function' ||
    (Array.isArray(origin) && origin.flat().every(isOrigin)) ||
    (!isNested && typeof value === 'object');
  if (isFine) return;
  context.addIssue({
    code: 'custom',
    message: 'is not an origin, a pattern, a list of these, a boolean or a function',
    path: isNested ? ['origin'] : [],
    input: origin,
  });
});

const serverPath = z
  .string()
  .startsWith('/', { error: 'does not start with "/"' })
  .regex(/^[^\s?#]*$/, 'holds a space, "?" or "#"')
  .refine((path) => !/^\/*$/.test(path), 'is the root: Strapi could not answer requests any more');

/**
 * Socket.IO's own options: the ones the plugin knows a type for are checked. Others are passed by
 * with a warning: see `passedBy`.
 */
const serverOptions = z.object({
  path: serverPath.optional(),
  serveClient: z.boolean().optional(),
  adapter: fn<unknown>().nullish(),
  parser: parser.nullish(),
  connectTimeout: milliseconds.optional(),
  connectionStateRecovery: anything,
  cleanupEmptyChildNamespaces: z.boolean().optional(),
  pingTimeout: timer.optional(),
  pingInterval: timer.optional(),
  upgradeTimeout: timer.optional(),
  maxHttpBufferSize: z.number().int().min(1).optional(),
  allowRequest: fn<unknown>().optional(),
  transports: z.array(z.unknown()).min(1).transform(knownTransports).optional(),
  allowUpgrades: z.boolean().optional(),
  perMessageDeflate: anything,
  httpCompression: anything,
  wsEngine: anything,
  initialPacket: anything,
  cookie: anything,
  cors: cors.optional(),
  allowEIO3: z.boolean().optional(),
  destroyUpgrade: z.boolean().optional(),
  destroyUpgradeTimeout: milliseconds.optional(),
  addTrailingSlash: z.boolean().optional(),
  // The engine's own.
  maxOutboxBytes: z.number().int().min(1).optional(),
  maxPendingEvents: z.number().int().min(1).optional(),
  maxPendingBytes: z.number().int().min(1).optional(),
  threads: z.number().int().min(0).max(64).optional(),
  logger: anything,
});

/** The names of all options of {@link serverOptions}. */
export const SERVER_OPTIONS: readonly string[] = Object.keys(serverOptions.shape);

/** The engine's own judgement: it is the one who obeys the rule. */
const addressRule = name.refine((rule) => checkAddressRule(rule) === null, {
  error: 'is neither an IP address nor a network like 10.0.0.0/8 or 2001:db8::/32',
});

const security = strict({
  requireAuthentication: z.boolean().default(false),
  rateLimit: strict({
    enabled: z.boolean().default(true),
    // 0: no limit.
    maxEventsPerSecond: z.number().int().min(0).max(1_000_000).optional(),
    maxConnectionsPerIp: z.number().int().min(0).max(1_000_000).optional(),
  }).optional(),
  inputValidation: strict({
    enabled: z.boolean().default(true),
    allowedEvents: z.array(name).optional(),
    maxPayloadSize: payloadSize.optional(),
    maxDepth: payloadDepth.optional(),
  }).optional(),
  ipWhitelist: z.array(addressRule).default([]),
  ipBlacklist: z.array(addressRule).default([]),
  trustedProxies: z.array(addressRule).default([]),
  checkOrigin: z.boolean().default(false),
  accessCheckInterval: z.number().int().min(1_000).max(3_600_000).default(300_000),
});

/** Node emits these when a listener is added or removed: Socket.IO takes them for events to send, and throws. */
const listenedEvent = name.refine((event) => !['newListener', 'removeListener'].includes(event), {
  error: 'is a name that Socket.IO keeps for itself',
});

/**
 * The file configuration. Parsing fills the defaults in: Strapi would merge them into the user's
 * configuration with lodash's `defaultsDeep`, which merges arrays by index.
 */
export const configSchema = strict({
  enabled: settingGroups.enabled.optional(),
  contentTypes: z.array(contentType).default([]),
  socket: strict({
    serverOptions: serverOptions.transform((options) => options as SocketServerOptions).optional(),
  }).optional(),
  events: z.array(strict({ name: listenedEvent, handler: fn<EventHandler>() })).default([]),
  hooks: strict({ init: fn<InitHook>().nullish() }).nullish(),
  sensitiveFields: z.array(name).default([]),
  allowedFields: z.array(name).default([]),
  onlyPublished: z.boolean().default(true),
  security: security.prefault({}),
  payloadFormat: z.enum(['flat', 'attributes']).default('flat'),
  eventPermission: z.enum(['read', 'action']).default('read'),
  debounce: milliseconds.default(50),
  // The panel's groups, for those who keep them in the file.
  cors: settingGroups.cors.optional(),
  connection: settingGroups.connection.optional(),
  rooms: settingGroups.rooms.optional(),
  entitySubscriptions: settingGroups.entitySubscriptions.optional(),
  rolePermissions: settingGroups.rolePermissions.optional(),
  redis: settingGroups.redis.optional(),
  namespaces: settingGroups.namespaces.optional(),
  monitoring: settingGroups.monitoring.optional(),
  presence: strict({
    enabled: z.boolean().optional(),
    sessionTTL: duration.optional(),
    refreshCooldown: duration.optional(),
    heartbeatTimeout: duration.optional(),
    typingTimeout: duration.optional(),
  }).optional(),
});

export type ResolvedConfig = z.output<typeof configSchema>;
export type WatchedType = z.output<typeof contentTypeObject>;
