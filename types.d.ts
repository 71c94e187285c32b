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
  /** Bytes which may wait for one slow client before it is disconnected. Default: 16 MiB. */
  maxOutboxBytes?: number;
  /** Events which may wait for JavaScript before reading from clients pauses. Default: 10,000. */
  maxPendingEvents?: number;
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
  init?: (context: HookContext) => unknown;
}

export interface SecurityConfig {
  /** Refuse clients that bring no token. Default: false. */
  requireAuthentication?: boolean;
  rateLimit?: {
    enabled?: boolean;
    /** Events per socket and second. */
    maxEventsPerSecond?: number;
    maxConnectionsPerIp?: number;
  };
  /** Only these addresses (CIDR allowed) may connect. */
  ipWhitelist?: string[];
  /** These addresses (CIDR allowed) may not connect. */
  ipBlacklist?: string[];
}

/** `config` of the plugin in `config/plugins`. */
export interface SocketIOConfig {
  /** Content types whose changes are sent. Default: none. */
  contentTypes?: Array<string | ContentTypeConfig>;
  socket?: {
    /** Socket.IO's server options. Default: CORS for `http://localhost:1337`, GET. */
    serverOptions?: Partial<ServerOptions> & EngineOptions;
  };
  /** Handlers for connections and for events that clients send. */
  events?: EventConfig[];
  hooks?: HooksConfig;
  /** Field names that are never sent, besides the default ones: parts of names, in any case. */
  sensitiveFields?: string[];
  /** Exact field names that are sent although a blocked name is part of them (`hashtags`). */
  allowedFields?: string[];
  /** Draft & publish types: send only the published life of a document. Default: true. */
  onlyPublished?: boolean;
  security?: SecurityConfig;
  /**
   * What a role or token needs to receive a content event. `read` (default): `find` or `findOne`
   * on the content type; `action`: the permission of the event's own action, as up to version 5.
   */
  eventPermission?: 'read' | 'action';
  /**
   * Milliseconds in which further changes to the same document wait, to be sent as one with its
   * latest state; the first is sent at once. 0 sends every change. Default: 50.
   */
  debounce?: number;
}

export interface EmitOptions {
  /** The action: second part of the event's name. */
  event: string;
  /** A content type, by uid or schema. */
  schema: UID.ContentType | Struct.ContentTypeSchema | string | { uid: string };
  /** The entity. Every recipient gets what it may see of it. */
  data: object;
}

export interface RawEmitOptions {
  event: string;
  /** Sent as it is, except that sensitive fields are removed. */
  data?: unknown;
  /** Only sockets in these rooms (role names are rooms). Default: everybody. */
  rooms?: string | string[];
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

export type EntityResult =
  { success: true; room: string; uid: string; id: string | number } | HelperFailure;

export type EntitySubscriptionsResult =
  { success: true; subscriptions: EntitySubscription[] } | HelperFailure;

export interface EntityMetrics {
  /** Subscriptions of this node's sockets. */
  total: number;
  byContentType: Record<string, number>;
  rooms: string[];
}

/** What is going on, on this node. */
export interface Metrics {
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
  /** Forgets cached roles, tokens and permissions: they are read again when next needed. */
  invalidateCache(): void;
}

export type { Namespace, Server, Socket };

declare module '@strapi/types/dist/core/strapi.js' {
  interface Strapi {
    $io: SocketIO;
    /** The settings in force, read-only. */
    readonly $ioSettings: PluginSettings;
  }
}
