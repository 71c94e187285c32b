/** The settings: what the panel edits, what the server obeys, and what both agree is allowed. */
import { z } from 'zod';

import { strict } from './strict';

/** Which changes to a content type are sent. */
export interface ContentTypeSettings {
  create: boolean;
  update: boolean;
  delete: boolean;
  publish: boolean;
  unpublish: boolean;
}

/** What a role may do over Socket.IO, beyond its permissions: these can only narrow them. */
export interface RolePermissions {
  canConnect: boolean;
  /** By uid; a content type that is not listed is not narrowed. */
  contentTypes: Record<string, Pick<ContentTypeSettings, 'create' | 'update' | 'delete'>>;
}

export interface Settings {
  /** false: connections are refused. */
  enabled: boolean;
  cors: { origins: string[] };
  connection: {
    /** In total; 0 is no limit. */
    maxConnections: number;
    /** Milliseconds. */
    pingTimeout: number;
    /** Milliseconds. */
    pingInterval: number;
    /** Milliseconds a client has to join its first namespace. */
    connectionTimeout: number;
  };
  security: {
    requireAuthentication: boolean;
    rateLimiting: {
      enabled: boolean;
      /** Per connection; 0 is no limit. */
      maxEventsPerSecond: number;
      /** 0 is no limit. */
      maxConnectionsPerIp: number;
    };
    /** If not empty, only these addresses and networks may connect. */
    ipWhitelist: string[];
    /** These may not, whatever the whitelist says. */
    ipBlacklist: string[];
  };
  /** By uid. */
  contentTypes: Record<string, ContentTypeSettings>;
  events: {
    /** The name an event is sent under, by its own name: `{ 'article:create': 'news' }`. */
    customEventNames: Record<string, string>;
    /** Populate relations one level deep, for content types whose configuration does not say. */
    includeRelations: boolean;
    /** Exact names of fields that are not sent with content, at any level. */
    excludeFields: string[];
    /** Draft & publish types: send only the published life of a document. */
    onlyPublished: boolean;
  };
  rooms: {
    /** Rooms that sockets of a role join by themselves, by name or type of the role. */
    autoJoinByRole: Record<string, string[]>;
    /**
     * Clients may open rooms of their own naming and write to each other. If not, they can only join
     * the rooms of their role.
     */
    enablePrivateRooms: boolean;
  };
  entitySubscriptions: {
    enabled: boolean;
    maxSubscriptionsPerSocket: number;
    /** The entity has to exist. */
    requireVerification: boolean;
    /** Uids; empty allows every content type the subscriber may read. */
    allowedContentTypes: string[];
    enableMetrics: boolean;
  };
  /** By name or type of the role. */
  rolePermissions: Record<string, RolePermissions>;
  redis: { enabled: boolean; url: string };
  namespaces: { enabled: boolean; list: Record<string, { requireAuth: boolean }> };
  monitoring: {
    enableConnectionLogging: boolean;
    enableEventLogging: boolean;
    /** Entries the log remembers; 0 switches it off. */
    maxEventLogSize: number;
  };
  presence: { enabled: boolean };
}

/** Where the value of a setting comes from: config/plugins, the panel, or nobody said anything. */
export type SettingSource = 'file' | 'panel' | 'default';

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;

/** Some of the settings. Arrays and records (`contentTypes`, ...) are given whole. */
export type SettingsPatch = DeepPartial<Settings>;

/** Settings that take effect when Strapi starts. */
export const RESTART_SETTINGS: readonly string[] = [
  'cors.origins',
  'connection.pingTimeout',
  'connection.pingInterval',
  'connection.connectionTimeout',
  'redis.enabled',
  'redis.url',
  'namespaces.enabled',
  'namespaces.list',
];

export const DEFAULT_SETTINGS: Readonly<Settings> = {
  enabled: true,
  // The admin panel of a Strapi started with its defaults.
  cors: { origins: ['http://localhost:1337'] },
  connection: {
    maxConnections: 0,
    pingTimeout: 20_000,
    pingInterval: 25_000,
    connectionTimeout: 45_000,
  },
  security: {
    requireAuthentication: false,
    rateLimiting: { enabled: false, maxEventsPerSecond: 10, maxConnectionsPerIp: 50 },
    ipWhitelist: [],
    ipBlacklist: [],
  },
  contentTypes: {},
  events: {
    customEventNames: {},
    includeRelations: false,
    excludeFields: [],
    onlyPublished: true,
  },
  rooms: { autoJoinByRole: {}, enablePrivateRooms: true },
  entitySubscriptions: {
    enabled: true,
    maxSubscriptionsPerSocket: 100,
    requireVerification: true,
    allowedContentTypes: [],
    enableMetrics: true,
  },
  rolePermissions: {},
  redis: { enabled: false, url: 'redis://localhost:6379' },
  namespaces: { enabled: false, list: {} },
  monitoring: { enableConnectionLogging: true, enableEventLogging: true, maxEventLogSize: 200 },
  presence: { enabled: true },
};

/** Names Socket.IO keeps for itself: an event of that name cannot be sent. */
const RESERVED_EVENTS = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** No list is longer: settings are held by every node, and checked for every connection. */
const MAX_ENTRIES = 1000;

const name = z.string().min(1).max(200);
const names = z.array(name).max(MAX_ENTRIES);
const flag = z.boolean();
const milliseconds = z.number().int().min(1).max(86_400_000);
const limit = z.number().int().min(0).max(1_000_000);

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

const redisUrl = z
  .string()
  .regex(/^rediss?:\/\/[^\s]+$/, 'is not a URL like redis://host:6379 or rediss://host:6380');

const namespaceName = z
  .string()
  .regex(/^\/?[^/\s][^\s]*$/, 'is not the name of a namespace like "admin" or "/admin"');

const eventName = name.refine((event) => !RESERVED_EVENTS.has(event), {
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
    ipWhitelist: names,
    ipBlacklist: names,
  }).partial(),
  contentTypes: record(contentTypeSettings),
  events: strict({
    customEventNames: record(eventName),
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
  redis: strict({ enabled: flag, url: redisUrl }).partial(),
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
