import type { Core, Struct, UID } from '@strapi/strapi';
import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';

/** An action a content type can be watched for. */
export type ContentTypeAction = 'create' | 'update' | 'delete' | 'publish' | 'unpublish';

/**
 * Relations to include in emitted entities: all of them (`'*'`, `true`; one level deep), the named
 * ones, or Strapi's populate syntax.
 */
export type Populate = '*' | true | string[] | Record<string, unknown>;

export interface ContentTypeConfig {
  /** For example `api::article.article`. */
  uid: string;
  /** Default: `['create', 'update', 'delete']`. */
  actions?: ContentTypeAction[];
  /** First part of the event name. Default: the singular name of the content type. */
  eventPrefix?: string;
  /** Default: no relations. */
  populate?: Populate;
  /** Overrides the plugin-wide `onlyPublished` for this type. */
  onlyPublished?: boolean;
}

/** Who is behind a socket, once the connection has been authenticated as a user. */
export interface SocketUser {
  id: number | string;
  username: string;
  email: string;
  /** The name of the user's role. */
  role: string;
}

/** A connected client, as handlers and hooks get it. */
export type SocketIOSocket = Socket & {
  /** null: not connected as a user (public, or an API token). */
  user: SocketUser | null;
};

export interface HandlerContext {
  strapi: Core.Strapi;
  io: SocketIO;
}

export type EventHandler = (
  context: HandlerContext,
  socket: SocketIOSocket,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the client sent
  ...args: any[]
) => unknown;

/** Options of the engine, besides Socket.IO's own. */
export interface EngineOptions {
  /** Bytes which may wait for one slow client before it is disconnected. Default: 2 MiB. */
  maxOutboxBytes?: number;
  /**
   * Messages of clients which may wait for JavaScript; above, a client is read from only while nothing of it waits.
   * Default: 10,000.
   */
  maxPendingEvents?: number;
  /** The same in bytes of messages, unfinished ones among them. Default: 64 MiB. */
  maxPendingBytes?: number;
  /** Worker threads. Default: 0, chosen from the number of cores. */
  threads?: number;
}

export interface EventConfig {
  /** `connection`, `disconnect`, or the name of an event that clients send. */
  name: string;
  handler: EventHandler;
}

export interface HookContext {
  strapi: Core.Strapi;
  io: SocketIO;
  /** The same object as `io`. */
  $io: SocketIO;
}

export interface HooksConfig {
  /** Runs once the Socket.IO server exists; awaited before the first connection. */
  init?: ((context: HookContext) => unknown) | null;
}

export interface SecurityConfig {
  /** Refuse clients that bring no token. Default: false. */
  requireAuthentication?: boolean;
  rateLimit?: {
    /** Default: true where `rateLimit` is given. */
    enabled?: boolean;
    /** Events per socket and second. */
    maxEventsPerSecond?: number;
    maxConnectionsPerIp?: number;
  };
  /** What clients may send; an event that breaks a rule is refused before JavaScript reads it. */
  inputValidation?: {
    /** Default: true where `inputValidation` is given. */
    enabled?: boolean;
    /** The only events that clients may send, those of the plugin (`join-room`, ...) included. Default: any. */
    allowedEvents?: string[];
    /** Bytes of an event, and of each of its attachments; 0 is no limit. Default: 100,000. */
    maxPayloadSize?: number;
    /** Objects and arrays inside each other in the arguments of an event; 0 is no limit. Default: 20. */
    maxDepth?: number;
  };
  /** Only these addresses (CIDR allowed) may connect. */
  ipWhitelist?: string[];
  /** These addresses (CIDR allowed) may not connect. */
  ipBlacklist?: string[];
  /**
   * Addresses and networks of your proxies. If any are listed, the address of a client is the last one in the
   * forwarding header that is not among them. Default: none, so `server.proxy` decides, as for `ctx.ip`.
   */
  trustedProxies?: string[];
  /** Refuse pages of origins that CORS does not allow, over WebSocket too. Default: false. */
  checkOrigin?: boolean;
  /**
   * Milliseconds within which every cached permission and every connected user, token and login is read from the
   * database again. Changes through this Strapi take effect at once; this is the limit for changes that it cannot see:
   * SQL, and other nodes without an adapter. 1,000 to 3,600,000. Default: 300,000 (five minutes).
   */
  accessCheckInterval?: number;
}

/** How long things last in presence, in milliseconds. */
export interface PresenceTimes {
  /** Life of the tokens with which admin panels connect. Default: 600,000. */
  sessionTTL?: number;
  /** Between two of these tokens for one admin session. Default: 30,000. */
  refreshCooldown?: number;
  /** A panel that sends no `presence:heartbeat` for so long has left. Default: 90,000. */
  heartbeatTimeout?: number;
  /** Who types nothing for so long has stopped. Default: 5,000. */
  typingTimeout?: number;
}

/** `config` of the plugin in `config/plugins`. */
export interface SocketIOConfig {
  /** false: connections are refused. Given here, it is locked in the panel. Default: true. */
  enabled?: boolean;
  /** Content types whose changes are sent. Default: none. */
  contentTypes?: Array<string | ContentTypeConfig>;
  socket?: {
    /** Socket.IO's server options. Default: CORS for `http://localhost:1337`, GET. */
    serverOptions?: Partial<ServerOptions> & EngineOptions;
  };
  /** Handlers for connections and for events that clients send. */
  events?: EventConfig[];
  hooks?: HooksConfig | null;
  /** Field names that are never sent, besides the default ones: parts of names, in any case. */
  sensitiveFields?: string[];
  /** Exact field names that are sent although a blocked name is part of them (`hashtags`). */
  allowedFields?: string[];
  /** Draft & publish types: send only the published life of a document. Default: true. */
  onlyPublished?: boolean;
  security?: SecurityConfig;
  /** The settings of the panel can be given here too: they are locked there. */
  cors?: DeepPartial<PluginSettings['cors']>;
  connection?: DeepPartial<PluginSettings['connection']>;
  rooms?: DeepPartial<PluginSettings['rooms']>;
  entitySubscriptions?: DeepPartial<PluginSettings['entitySubscriptions']>;
  rolePermissions?: Record<string, DeepPartial<RolePermissions>>;
  redis?: DeepPartial<PluginSettings['redis']>;
  namespaces?: DeepPartial<PluginSettings['namespaces']>;
  monitoring?: DeepPartial<PluginSettings['monitoring']>;
  presence?: DeepPartial<PluginSettings['presence']> & PresenceTimes;
  /**
   * The form of content events and of `raw`. `flat` (default): the entity itself. `attributes`: as versions 2 and
   * 5.0 sent it, `{ data: { id, attributes }, meta }`, with `raw` data as `{ data }`.
   */
  payloadFormat?: 'flat' | 'attributes';
  /**
   * What a role or token needs to receive a content event. `read` (default): `find` or `findOne`
   * on the content type; `action`: the permission of the event's own action, as up to version 5.
   */
  eventPermission?: 'read' | 'action';
  /**
   * Milliseconds in which further changes of one kind to the same document wait, to be sent as one
   * with its latest state; the first of each kind is sent at once. 0 sends every change. Default: 50.
   */
  debounce?: number;
}

export interface EmitOptions {
  /** The action: second part of the event's name. */
  event: string;
  /** A content type, by uid or schema. */
  schema: UID.ContentType | Struct.ContentTypeSchema | string | { uid: string };
  /** The entity. Every recipient gets what it may see of it. null: nothing is sent, with a warning in the log. */
  data: object | null | undefined;
}

export interface RawEmitOptions {
  event: string;
  /** Sent as it is, except that sensitive fields are removed. */
  data?: unknown;
  /** Only sockets in these rooms (role names are rooms). Default: everybody. */
  rooms?: string | string[];
}

/** An entity of the `attributes` payload format. */
export interface AttributesEntry {
  id?: number | string;
  /** Relations and media are `{ data }` with entries of their own; components keep their fields beside their id. */
  attributes: Record<string, unknown>;
}

/** What the `attributes` payload format makes of an entity, or of an array of them. */
export type AttributesResponse =
  | { data: AttributesEntry | Array<AttributesEntry | null>; meta: Record<string, never> }
  | null
  | undefined;

/** `strapi.plugin('io').service('transform')` */
export interface TransformService {
  /**
   * Writes an entity, or an array of them, as `{ data: { id, attributes }, meta }`, whatever `payloadFormat` says. It
   * removes nothing. The result is what JSON keeps of the data: dates become text.
   */
  response(options: { data: unknown; schema?: EmitOptions['schema'] }): AttributesResponse;
}

/** A connected client, of this node or another one. */
export interface SocketInfo {
  id: string;
  /** null: not connected as a user (public, or an API token). */
  user: SocketUser | null;
}

export interface EntitySubscription {
  uid: string;
  /** As the subscriber gave it: the number of a row, or the documentId. */
  id: string;
  /** `uid:id` */
  room: string;
}

export interface HelperFailure {
  success: false;
  error: string;
}

type Absent<K extends string> = { [Key in K]?: undefined };

export type EntityResult =
  | ({ success: true; room: string; uid: string; id: string | number } & Absent<'error'>)
  | (HelperFailure & Absent<'room' | 'uid' | 'id'>);

export type EntitySubscriptionsResult =
  | ({ success: true; subscriptions: EntitySubscription[] } & Absent<'error'>)
  | (HelperFailure & Absent<'subscriptions'>);

export interface EntityMetrics {
  total: number;
  byContentType: Record<string, number>;
  /** At most 1,000 of this node, and 100 of each other one (1,000 while somebody watches). */
  rooms: string[];
}

/** Figures of this node since its start, as versions 5.0 declared them. */
export interface EmitterMetrics {
  /** Events sent by `emit`, `raw` and content changes. */
  totalEmits: number;
  /** Times that roles, tokens and their permissions were answered from the cache. */
  cachedLookups: number;
  /** Events that were not sent because of an error. */
  errors: number;
  /** Roles and API tokens in the cache, and the abilities computed for them. */
  cacheSize: { rooms: number; abilities: number };
}

/** What is going on, on all nodes: what the others have said of themselves within the last second or so. */
export interface Metrics extends EmitterMetrics {
  /** Sockets of the application in the main namespace, without those of admin panels. */
  connectedSockets: number;
  /** Connections, in whatever namespaces. */
  connections: number;
  /** Sockets by namespace; `main` is the one without a name. */
  namespaces: Record<string, number>;
  /** All zero if `entitySubscriptions.enableMetrics` is off. */
  entitySubscriptions: EntityMetrics;
}

/**
 * The helper functions. Sockets are named by their ids in the main namespace. With an adapter (Redis
 * and so on) sockets of other nodes are reached too. The helpers that answer at once cannot know
 * then whether another node has the socket: for one that is not on this node they answer as if.
 */
export interface SocketIOHelpers {
  /** False: no such socket, or the room stands for a role, an entity or another socket. */
  joinRoom(socketId: string, roomName: string): boolean;
  /** False: no such socket, or the room is not one that can be left. */
  leaveRoom(socketId: string, roomName: string): boolean;
  getSocketsInRoom(roomName: string): Promise<SocketInfo[]>;
  /** Sends an event to one socket. Sensitive fields are removed, as by all that take data. */
  sendPrivateMessage(socketId: string, event: string, data?: unknown): void;
  /** Sends an event to everybody but this socket. */
  broadcast(socketId: string, event: string, data?: unknown): void;
  /** Sends an event to everybody in a namespace, named with or without its slash. */
  emitToNamespace(namespace: string, event: string, data?: unknown): void;
  /** The client gets `io:disconnected` with `{ reason }` before its connection is closed. */
  disconnectSocket(socketId: string, reason?: string): boolean;
  /** Subject to the same checks as the client event `subscribe-entity`. */
  subscribeToEntity(socketId: string, uid: string, id: string | number): Promise<EntityResult>;
  unsubscribeFromEntity(socketId: string, uid: string, id: string | number): EntityResult;
  /** Of a socket of this node. */
  getEntitySubscriptions(socketId: string): EntitySubscriptionsResult;
  /** Sends an event to everybody subscribed to an entity, by whichever of its ids. */
  emitToEntity(uid: string, id: string | number, event: string, data?: unknown): void;
  getEntityRoomSockets(uid: string, id: string | number): Promise<SocketInfo[]>;
}

/** `strapi.$io` */
export interface SocketIO extends SocketIOHelpers {
  /** The Socket.IO server. */
  readonly server: Server;
  /** The namespaces of the settings by name; `main` is the one without a name. */
  readonly namespaces: Readonly<Record<string, Namespace>>;
  /** Sends a content event to every role and token that may read the content type. */
  emit(options: EmitOptions): Promise<void>;
  /** Sends any event, to everybody or to rooms. */
  raw(options: RawEmitOptions): Promise<void>;
  getMetrics(): Metrics;
  /**
   * Forgets cached roles, tokens and permissions, on all nodes: they are read again when next needed,
   * and for everybody who is connected.
   */
  invalidateCache(): void;
  /**
   * Disconnects everybody and frees what the plugin holds. `strapi.$io` is gone afterwards; content changes send
   * nothing any more.
   */
  destroy(): Promise<void>;
}

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
  /**
   * The only events that sockets of the role may send, those of the plugin (`join-room`, ...) included. Absent: any;
   * empty: none.
   */
  events?: string[];
  /** By uid; a content type that is not listed is not narrowed. */
  contentTypes: Record<string, Pick<ContentTypeSettings, 'create' | 'update' | 'delete'>>;
}

/** The settings of the panel, in force: config/plugins, then what the panel stored, then the defaults. */
export interface PluginSettings {
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
    /** Rules for the events of all clients. */
    inputValidation: {
      enabled: boolean;
      /** If not empty, clients may send only these events. */
      allowedEvents: string[];
      /** Bytes; 0 is no limit. */
      maxPayloadSize: number;
      /** 0 is no limit. */
      maxDepth: number;
    };
    /** If not empty, only these addresses and networks may connect. */
    ipWhitelist: string[];
    /** These may not, whatever the whitelist says. */
    ipBlacklist: string[];
    /** Proxies whose word about the client's address counts; empty: `server.proxy` decides. */
    trustedProxies: string[];
    /** Whether pages of origins that CORS does not allow are refused over WebSocket too. */
    checkOrigin: boolean;
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
  redis: {
    enabled: boolean;
    url: string;
    /**
     * Applications with the same key on the same Redis are one: events and sockets of one reach the others. Empty
     * (default): a key of this application's own. `socket.io` is that of a plain Socket.IO server or emitter.
     */
    key: string;
  };
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
export type SettingsPatch = DeepPartial<PluginSettings>;

export interface RoomStats {
  name: string;
  members: number;
  isEntityRoom: boolean;
}

export interface SubscriptionStats {
  uid: string;
  id: string;
  room: string;
}

export interface SocketStats {
  id: string;
  connected: boolean;
  rooms: string[];
  entitySubscriptions: SubscriptionStats[];
  handshake: { address: string; time: string; query: Record<string, unknown> };
  user: { id: number | string; username: string } | null;
}

export interface ConnectionStats {
  /** Sockets of the application, on all nodes: the connections of admin panels are not counted. */
  connected: number;
  rooms: RoomStats[];
  sockets: SocketStats[];
  entitySubscriptions: { total: number; byContentType: Record<string, number>; rooms: string[] };
}

export interface EventStats {
  /** Since the last reset. */
  totalEvents: number;
  eventsByType: Record<string, number>;
  /** Milliseconds since the epoch. */
  lastReset: number;
  /** Over the last ten seconds, with two decimals: `'2.50'`. */
  eventsPerSecond: string;
}

export interface EventLogEntry {
  /** Milliseconds since the epoch. */
  timestamp: number;
  type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- depends on the type of the event
  data: any;
}

export interface TestEventResult {
  success: true;
  /** As it was asked for. */
  eventName: string;
  data: Record<string, unknown>;
  /** Sockets of the application it was sent to, on all nodes. */
  recipients: number;
}

/** Totals since the start, counted by the engine. */
export interface TrafficStats {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Clients that read too slowly and were let go. */
  slowClosed: number;
  /** Connections that the security settings refused. */
  refused: number;
  /** Events over the rate limit. */
  limited: number;
  /** Messages of other nodes that were malformed, and were dropped. */
  clusterDropped: number;
}

/**
 * `strapi.plugin('io').service('monitoring')`. Numbers are those of all nodes: what the others have said
 * of themselves within the last second or so, and an event counts once, on the node that sent it. Sockets
 * and the log are those of this node; `GET /io/stats` and `GET /io/event-log` ask the others too.
 */
export interface MonitoringService {
  /**
   * Who is connected. Names at most 1,000 sockets, of this node, and the fullest rooms: 1,000 of this
   * node and 100 of each other one (1,000 while somebody watches the monitoring).
   */
  getConnectionStats(): ConnectionStats;
  getEventStats(): EventStats;
  /** The last `limit` entries (default: 100) of this node, oldest first. */
  getEventLog(limit?: number): EventLogEntry[];
  /** Events in each of the last seconds (at most 300), oldest first. */
  getHistory(): number[];
  getTraffic(): TrafficStats;
  /** Counts an event and, if the settings say so, writes it into the log, without what is secret in it. */
  logEvent(type: string, data?: unknown): void;
  /** Forgets all events, on all nodes; what the engines count since their start stays. */
  resetStats(): void;
  /**
   * Sends an event to every client that is connected to any node, marked with `test: true`. Clients receive the name
   * `test` as it is, and any other name as `io:test:<eventName>`.
   */
  sendTestEvent(eventName?: string, data?: Record<string, unknown>): TestEventResult;
}

export interface SettingsUpdate {
  settings: PluginSettings;
  /** The settings whose value is another one now. */
  changed: string[];
  /** Of all settings, those whose value takes effect when Strapi starts again. */
  restartRequired: string[];
}

/** `strapi.plugin('io').service('settings')` */
export interface SettingsService {
  /** The settings in force. Frozen: they change by `update` alone. */
  current(): PluginSettings;
  /** Where each value comes from, by path; entries of a record have their own (`contentTypes.api::a.a`). */
  sources(): Record<string, SettingSource>;
  /** Calls back after each change, until the returned function is called. */
  onChange(listener: (settings: PluginSettings, changed: string[]) => void): () => void;
  /** Checks, stores and applies a part of the settings, or throws, changing nothing. */
  update(patch: SettingsPatch): Promise<SettingsUpdate>;
  /** A copy of the settings in force, which may be changed and given to `setSettings`. */
  getSettings(): Promise<PluginSettings>;
  /** As `update`; returns the settings in force afterwards. */
  setSettings(settings: SettingsPatch): Promise<PluginSettings>;
  /** A copy of the defaults: what the settings are where neither config/plugins nor the panel says anything. */
  getDefaultSettings(): PluginSettings;
}

export type { Namespace, Server, Socket };

/** Names of versions 5.0 of the plugin. */
export type { SocketIO as default };
/** An entry of `events`. */
export type SocketEvent = EventConfig;
export type PopulateConfig = Populate;
export type SocketIOMetrics = Metrics;
export type EntitySubscriptionResult = EntityResult;
/** `allowCredentials` and `allowedMethods` are accepted and have no effect: CORS is the server's, not a role's. */
export type RolePermission = RolePermissions & {
  allowCredentials?: boolean;
  allowedMethods?: string[];
};

declare module '@strapi/types/dist/core/strapi.js' {
  interface Strapi {
    $io: SocketIO;
    /** The settings in force, read-only. */
    readonly $ioSettings: PluginSettings;
  }
}
