/** The settings: what the panel edits, what the server obeys, and what both agree is allowed. */
import { z } from 'zod';

import { RESERVED_EVENTS } from '../socket-io/reserved-events';
import { strict } from './strict';

export { DEFAULT_SETTINGS, RESTART_SETTINGS } from './default-settings';
export type {
  ContentTypeSettings,
  DeepPartial,
  PluginSettings as Settings,
  RolePermissions,
  SettingSource,
  SettingsPatch,
} from '../../types';

/** No list is longer: settings are held by every node, and checked for every connection. */
export const MAX_ENTRIES = 10_000;

/** Characters of a name; those of roles have as many in the database. */
export const MAX_NAME = 255;

const name = z.string().min(1).max(MAX_NAME);
const names = z.array(name).max(MAX_ENTRIES);
const flag = z.boolean();
const milliseconds = z.number().int().min(1).max(86_400_000);
const limit = z.number().int().min(0).max(1_000_000);

/** Bytes. 0: no limit of its own; `maxHttpBufferSize` holds in any case. */
export const payloadSize = z.number().int().min(0).max(1_000_000_000);

/** Objects and arrays inside each other. 0: no limit. */
export const payloadDepth = z.number().int().min(0).max(1000);

const record = <T extends z.ZodType>(value: T) =>
  z.record(name, value).refine((entries) => Object.keys(entries).length <= MAX_ENTRIES, {
    error: `has more than ${MAX_ENTRIES} entries`,
  });

const origin = z
  .string()
  .regex(
    /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+)$/i,
    'is neither "*" nor an origin like https://example.com (no path, no "/" at the end)',
  );

export const redisUrl = z
  .string()
  .regex(/^rediss?:\/\/[^\s]+$/, 'is not a URL like redis://host:6379 or rediss://host:6380');

/** It becomes part of the names of channels, some of which Redis takes for patterns. */
const redisKey = z
  .string()
  .regex(/^[\w.:/-]{0,100}$/, 'is not at most 100 letters, digits or any of _ . : / -');

const namespaceName = z
  .string()
  .regex(/^\/?[^/\s][^\s]*$/, 'is not the name of a namespace like "admin" or "/admin"');

/** The name of an event that can be sent. */
export const sendableEvent = name.refine((event) => !RESERVED_EVENTS.has(event), {
  error: 'is a name that Socket.IO keeps for itself',
});

const contentTypeSettings = strict({
  create: flag.default(false),
  update: flag.default(false),
  delete: flag.default(false),
  publish: flag.default(false),
  unpublish: flag.default(false),
});

const rolePermissions = strict({
  canConnect: flag.default(true),
  events: names.optional(),
  contentTypes: record(
    strict({ create: flag.default(true), update: flag.default(true), delete: flag.default(true) }),
  ).default({}),
});

/** The groups, each with every key optional: what one may give of them. */
export const settingGroups = {
  enabled: flag,
  cors: strict({ origins: z.array(origin).max(MAX_ENTRIES) }).partial(),
  connection: strict({
    maxConnections: limit,
    pingTimeout: milliseconds,
    pingInterval: milliseconds,
    connectionTimeout: milliseconds,
  }).partial(),
  security: strict({
    requireAuthentication: flag,
    rateLimiting: strict({
      enabled: flag,
      maxEventsPerSecond: limit,
      maxConnectionsPerIp: limit,
    }).partial(),
    inputValidation: strict({
      enabled: flag,
      allowedEvents: names,
      maxPayloadSize: payloadSize,
      maxDepth: payloadDepth,
    }).partial(),
    ipWhitelist: names,
    ipBlacklist: names,
    trustedProxies: names,
    checkOrigin: flag,
  }).partial(),
  contentTypes: record(contentTypeSettings),
  events: strict({
    customEventNames: record(sendableEvent),
    includeRelations: flag,
    excludeFields: names,
    onlyPublished: flag,
  }).partial(),
  rooms: strict({ autoJoinByRole: record(names), enablePrivateRooms: flag }).partial(),
  entitySubscriptions: strict({
    enabled: flag,
    maxSubscriptionsPerSocket: limit,
    requireVerification: flag,
    allowedContentTypes: names,
    enableMetrics: flag,
  }).partial(),
  rolePermissions: record(rolePermissions),
  redis: strict({ enabled: flag, url: redisUrl, key: redisKey }).partial(),
  namespaces: strict({
    enabled: flag,
    list: z.record(namespaceName, strict({ requireAuth: flag.default(false) })),
  }).partial(),
  monitoring: strict({
    enableConnectionLogging: flag,
    enableEventLogging: flag,
    // An entry may hold 16 KiB.
    maxEventLogSize: z.number().int().min(0).max(10_000),
  }).partial(),
  presence: strict({ enabled: flag }).partial(),
};

/** What the panel may send: any part of the settings, nothing else. */
export const settingsPatchSchema = strict(settingGroups).partial();
