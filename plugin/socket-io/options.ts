/** The options of the engine half: engine.io's defaults, and what of them cannot be had. */
import type { ServerOptions as UpstreamOptions } from 'socket.io';
import type { Session } from 'socket.io-adapter';
import type { Logger } from './logger';
import type { AccessHooks } from './access';
import type { EngineOptions, IdentityRecord } from './native';

/** How an HTTP application finds the address of a client behind proxies: these are Koa's properties. */
export interface ProxySettings {
  /** Whether the header below is believed. */
  readonly proxy: boolean;
  /** Header in which proxies name the client. */
  readonly proxyIpHeader: string;
  /** How many addresses of that header are believed, from the right; 0 is all. */
  readonly maxIpsCount: number;
}

/** Options which socket.io does not have. */
export interface NativeOptions {
  /** Bytes which may wait for one slow client before it is disconnected. Default: 2 MiB. */
  maxOutboxBytes: number;
  /**
   * Messages of clients which may wait for JavaScript; above, a client is read from only while nothing of it waits.
   * Default: 10,000.
   */
  maxPendingEvents: number;
  /** The same in bytes of messages, unfinished ones among them. Default: 64 MiB. */
  maxPendingBytes: number;
  /** Worker threads of the engine. Default: 0, chosen from the number of cores. */
  threads: number;
  /**
   * The application whose rule says where clients behind proxies are: a Koa application fits. Read at each handshake.
   * Default: no header is believed.
   */
  proxy: ProxySettings;
  /** Where errors of handlers and warnings go. Default: the console. */
  logger: Logger;
  /**
   * Connection state recovery in guarded namespaces: whether this identity may have this session back, with its rooms
   * and what was sent to them meanwhile. If not it connects anew. Default: it may.
   */
  mayRecover: (session: Session, identity: IdentityRecord) => boolean | Promise<boolean>;
  /** What happens in guarded namespaces. Default: no namespace is guarded. */
  access: AccessHooks;
}

export interface ServerOptions extends UpstreamOptions, NativeOptions {}

const DEFAULTS = {
  pingTimeout: 20_000,
  pingInterval: 25_000,
  upgradeTimeout: 10_000,
  connectTimeout: 45_000,
  maxHttpBufferSize: 1e6,
  transports: ['polling', 'websocket'] as ServerOptions['transports'],
  allowUpgrades: true,
  allowEIO3: false,
  httpCompression: { threshold: 1024 } as ServerOptions['httpCompression'],
  maxOutboxBytes: 2 * 1024 * 1024,
  maxPendingEvents: 10_000,
  maxPendingBytes: 64 * 1024 * 1024,
  threads: 0,
};
const COOKIE_DEFAULTS = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' as const };

export type ResolvedOptions = Partial<ServerOptions> & typeof DEFAULTS;

/** Fills in the defaults. Options given as `undefined` count as not given. */
export function resolveOptions(options: Partial<ServerOptions>): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const resolved = { ...DEFAULTS, ...Object.fromEntries(given) } as ResolvedOptions;
  if (options.cookie) {
    const cookie = typeof options.cookie === 'object' ? options.cookie : {};
    resolved.cookie = { ...COOKIE_DEFAULTS, ...cookie };
  }
  return resolved;
}

/** Says once which of the given options have no effect here. */
export function warnOfUnsupported(options: Partial<ServerOptions>, logger: Logger): void {
  const unsupported = {
    perMessageDeflate: 'WebSocket messages are not compressed',
    wsEngine: 'WebSockets are handled by the native engine',
    initialPacket: 'send it from a connection listener instead',
  };
  for (const [name, why] of Object.entries(unsupported)) {
    if (options[name as keyof typeof unsupported]) {
      logger.warn(`socket.io: the option "${name}" has no effect: ${why}`);
    }
  }
  if ((options.transports as string[] | undefined)?.includes('webtransport')) {
    logger.warn('socket.io: the transport "webtransport" is not supported and was left out');
  }
}

/** What the addon is made with. */
export function engineOptions(options: ResolvedOptions, connectTimeout: number): EngineOptions {
  return {
    pingInterval: options.pingInterval,
    pingTimeout: options.pingTimeout,
    upgradeTimeout: options.upgradeTimeout,
    connectTimeout,
    maxPayload: options.maxHttpBufferSize,
    transports: (options.transports as string[]).filter((name) => name !== 'webtransport'),
    allowUpgrades: options.allowUpgrades,
    allowEio3: options.allowEIO3,
    maxOutboxBytes: options.maxOutboxBytes,
    maxPendingEvents: options.maxPendingEvents,
    maxPendingBytes: options.maxPendingBytes,
    threads: options.threads,
  };
}
