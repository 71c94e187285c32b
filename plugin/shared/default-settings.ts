/** What the settings are until somebody says otherwise. Apart from their checks: the panel needs only this. */
import type { PluginSettings as Settings } from '../../types';

/** Settings that take effect when Strapi starts. */
export const RESTART_SETTINGS: readonly string[] = [
  'cors.origins',
  'connection.pingTimeout',
  'connection.pingInterval',
  'connection.connectionTimeout',
  'redis.enabled',
  'redis.url',
  'redis.key',
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
    inputValidation: {
      enabled: false,
      allowedEvents: [],
      maxPayloadSize: 100_000,
      maxDepth: 20,
    },
    ipWhitelist: [],
    ipBlacklist: [],
    trustedProxies: [],
    checkOrigin: false,
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
  redis: { enabled: false, url: 'redis://localhost:6379', key: '' },
  namespaces: { enabled: false, list: {} },
  monitoring: { enableConnectionLogging: true, enableEventLogging: true, maxEventLogSize: 200 },
  presence: { enabled: true },
};
