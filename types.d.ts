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

/** `strapi.$io` */
export interface SocketIO {
  /** The Socket.IO server. */
  readonly server: Server;
  /** Sends a content event to every role and token that may read the content type. */
  emit(options: EmitOptions): Promise<void>;
  /** Sends any event, to everybody or to rooms. */
  raw(options: RawEmitOptions): Promise<void>;
}

export type { Namespace, Server, Socket };

declare module '@strapi/types/dist/core/strapi.js' {
  interface Strapi {
    $io: SocketIO;
  }
}
