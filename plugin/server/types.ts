import type { Core } from '@strapi/strapi';
import type { ServerOptions } from 'socket.io';

import type { EngineOptions, HooksConfig } from '../../types';

export type {
  EmitOptions,
  EventHandler,
  Populate,
  RawEmitOptions,
  SettingsUpdate,
  SocketIO,
  SocketIOSocket,
  SocketUser,
} from '../../types';

export type InitHook = NonNullable<HooksConfig['init']>;
export type SocketServerOptions = Partial<ServerOptions> & EngineOptions;

export type Strapi = Core.Strapi;

/** What every service factory gets. */
export interface ServiceContext {
  strapi: Strapi;
}

/** An entity as Strapi's database layer returns it. */
export type Entity = Record<string, unknown>;

/** What a `db.transaction` callback gets; Strapi's own type leaves the hooks out in places. */
export interface TransactionHooks {
  trx: object;
  onCommit: (callback: () => void) => void;
  onRollback: (callback: () => void) => void;
}

type KoaContext = Parameters<Core.ControllerHandler>[0];

/** What a controller gets: Koa's context, with the answers Strapi adds, which Koa's type takes for `any`. */
export type AdminContext = KoaContext & {
  badRequest(message?: string, details?: object): void;
  forbidden(message?: string, details?: object): void;
  tooManyRequests(message?: string, details?: object): void;
};
