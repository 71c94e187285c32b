/**
 * What we use of socket.io beyond its public types. The package is pinned to one minor version, and this module is the
 * only place that names its internals: a new version is checked here.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Socket as UpstreamSocket,
  type BroadcastOperator as Operator,
  type RemoteSocket as Remote,
  type Namespace,
} from 'socket.io';
import type { Adapter, BroadcastFlags, Room, Session } from 'socket.io-adapter';
import type { ServerOptions } from './options';

const load = createRequire(__filename);
const dist = path.dirname(load.resolve('socket.io'));

/** Where socket.io keeps the client bundles which `serveClient` serves. */
export const clientBundles = path.join(dist, '../client-dist');

/** An event map, as socket.io's generics take it. */
export interface EventsMap {
  [event: string]: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- the constraint socket.io declares
}

export type Auth = Record<string, unknown>;
export type Encoded = string | Buffer;

/** A Socket.IO packet before encoding. */
export interface Packet {
  type: number;
  nsp: string;
  data?: unknown[];
  id?: number;
}

export interface ServerInternals {
  _nsps: Map<string, Namespace>;
  parentNsps: Map<unknown, Namespace>;
  opts: Pick<
    Partial<ServerOptions>,
    'connectionStateRecovery' | 'parser' | 'mayRecover' | 'access'
  >;
  encoder: { encode(packet: Packet): unknown[] };
  /** The engine, under its older name. */
  eio: unknown;
  _path: string;
  _serveClient: boolean;
  _corsMiddleware?: (req: IncomingMessage, res: ServerResponse, next: () => void) => void;
  serve(filename: string, req: IncomingMessage, res: ServerResponse): void;
  onconnection(conn: unknown): unknown;
}

/** How an encoded packet is to be sent. */
export interface WriteOptions {
  compress?: boolean;
  volatile?: boolean;
}

export interface ClientInternals {
  sockets: Map<string, SocketInternals>;
  nsps: Map<string, SocketInternals>;
  connectTimeout?: NodeJS.Timeout;
  conn: EventEmitter & { readonly id: string };
  connect(name: string): void;
  writeToEngine(encoded: unknown, options: WriteOptions): void;
}

export type Next = (error?: Error) => void;
export type Middleware<T> = (subject: T, next: Next) => unknown;

export interface NamespaceInternals extends EventEmitter {
  readonly name: string;
  readonly server: ServerInternals;
  adapter: Adapter;
  sockets: Map<string, SocketInternals>;
  _fns: Middleware<SocketInternals>[];
  _ids: number;
  _preConnectSockets: Map<string, SocketInternals>;
  use(fn: Middleware<SocketInternals>): this;
  run(socket: SocketInternals, done: Next): void;
  emitReserved(event: string, ...args: unknown[]): boolean;
  _add(client: ClientInternals, auth: Auth, done: () => void): Promise<void>;
  _createSocket(client: ClientInternals, auth: Auth): Promise<SocketInternals>;
  _onServerSideEmit(message: unknown): void;
}

export interface SocketInternals extends EventEmitter {
  readonly id: string;
  readonly nsp: NamespaceInternals;
  readonly client: ClientInternals;
  readonly conn: { readonly id: string };
  readonly handshake: { issued: number; time: string; auth?: Auth | null };
  readonly acks: Map<number, (...args: unknown[]) => void>;
  readonly fns: Middleware<unknown[]>[];
  connected: boolean;
  recovered: boolean;
  pid?: string;
  disconnect(close?: boolean): this;
  listenersAnyOutgoing(): unknown[];
  notifyOutgoingListeners(packet: Packet): void;
  onAnyOutgoing(listener: (...args: unknown[]) => void): this;
  prependAnyOutgoing(listener: (...args: unknown[]) => void): this;
  offAnyOutgoing(listener?: (...args: unknown[]) => void): this;
  emitReserved(event: string, ...args: unknown[]): boolean;
  dispatch(event: [string, ...unknown[]]): void;
  run(event: unknown[], done: Next): void;
  newBroadcastOperator(): object;
  registerAckCallback(id: number, ack: (...args: unknown[]) => unknown): void;
  packet(packet: Pick<Packet, 'type' | 'data'>): void;
  _onconnect(): void;
  _onpacket(packet: Packet): void;
  _onerror(error: unknown): void;
  _onclose(reason: string, description?: unknown): void;
  _cleanup(): void;
}

/** socket.io's Socket with its internals in sight, for the class which extends it. */
export const SocketBase = UpstreamSocket as unknown as new (
  nsp: NamespaceInternals,
  client: ClientInternals,
  auth: Auth,
  session?: Session,
) => SocketInternals;

/** The per-connection object which holds the sockets of one client; socket.io does not export it. */
export const { Client } = load(path.join(dist, 'client.js')) as {
  Client: new (server: ServerInternals, conn: unknown) => ClientInternals;
};

const operators = load(path.join(dist, 'broadcast-operator.js')) as Record<string, unknown>;

/** socket.io exports these two as types only; here they are values as well. */
export const BroadcastOperator = operators['BroadcastOperator'] as new <
  EmitEvents extends EventsMap,
  SocketData,
>(
  adapter: Adapter,
  rooms?: Set<Room>,
  exceptRooms?: Set<Room>,
  flags?: BroadcastFlags & { expectSingleResponse?: boolean },
) => Operator<EmitEvents, SocketData>;
export type BroadcastOperator<EmitEvents extends EventsMap, SocketData> = Operator<
  EmitEvents,
  SocketData
>;

export const RemoteSocket = operators['RemoteSocket'] as new <
  EmitEvents extends EventsMap,
  SocketData,
>(
  adapter: Adapter,
  details: unknown,
) => Remote<EmitEvents, SocketData>;
export type RemoteSocket<EmitEvents extends EventsMap, SocketData> = Remote<EmitEvents, SocketData>;
