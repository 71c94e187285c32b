import type { IncomingMessage } from 'node:http';

import type { Settings } from '../../shared/settings';
import type { LazySockets } from '../../socket-io/lazy-sockets';
import type { Engine } from '../../socket-io/native';
import type { ServiceContext, SocketIOSocket, SocketServerOptions } from '../types';
import { dismiss } from '../utils/dismiss';
import { getService } from '../utils/get-service';
import { inSlices } from '../utils/in-slices';
import { originRule, originsOf, type OriginRule } from '../utils/origins';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { RENEW_EVENT } from './admin-sessions';
import { MONITORING_EVENTS } from './monitoring-live';
import { PRESENCE_EVENTS } from './presence';

type AllowRequest = NonNullable<SocketServerOptions['allowRequest']>;

/** A change of these may leave connections that would not be let in any more. */
const ADDRESS_RULES = ['security.ipWhitelist', 'security.ipBlacklist'];

/** An allow list must not cut off the admin panel, whose events are for admins in any case. */
const allowedEvents = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [...names, ...PRESENCE_EVENTS, ...MONITORING_EVENTS, RENEW_EVENT];

/**
 * Hands the security settings to the engine, which enforces them, keeps a switched-off server shut,
 * and ends the connections of those whom a change keeps out.
 */
export function createSecurityService({ strapi }: ServiceContext) {
  let unsubscribe: (() => void) | null = null;
  let warned = false;
  let origins: OriginRule = [];

  /** The admin panel's: it may always connect. */
  const ownOrigins = (): string[] =>
    originsOf(['server.absoluteUrl', 'admin.absoluteUrl'].map((key) => strapi.config.get(key)));

  const endings = new SerialQueue((error) => {
    strapi.log.error(
      `plugin io: connections that the settings refuse were not ended: ${describeError(error)}`,
    );
  });

  /** Null while the check of origins is off, or has nothing to refuse. */
  const originsFor = ({ checkOrigin }: Settings['security']): string[] | null =>
    checkOrigin && Array.isArray(origins) ? [...(origins as string[]), ...ownOrigins()] : null;

  /** Address rules need an address that the client cannot choose itself. */
  const warnOfForgeable = ({
    ipWhitelist,
    ipBlacklist,
    trustedProxies,
    ...security
  }: Settings['security']): void => {
    const { enabled, maxConnectionsPerIp } = security.rateLimiting;
    const hasRules =
      ipWhitelist.length > 0 || ipBlacklist.length > 0 || (enabled && maxConnectionsPerIp > 0);
    const { proxy, proxyIpHeader, maxIpsCount } = strapi.server.app;
    const isForgeable = hasRules && proxy && !(maxIpsCount > 0) && trustedProxies.length === 0;
    if (isForgeable && !warned) {
      strapi.log.warn(
        `plugin io: clients can choose the address that ipWhitelist, ipBlacklist and maxConnectionsPerIp see: server.proxy.koa believes the first address in ${proxyIpHeader}, which the client may have written. List the addresses of your proxies in security.trustedProxies, or set server.proxy.maxIpsCount to their number (see docs/production.md)`,
      );
    }
    warned = Boolean(isForgeable);
  };

  const warnOfAnyOrigin = ({ checkOrigin }: Settings['security']): void => {
    if (checkOrigin && origins === 'any') {
      strapi.log.warn(
        'plugin io: security.checkOrigin refuses nobody, because the CORS settings allow every origin',
      );
    }
  };

  const apply = ({ connection, security }: Settings): void => {
    const { enabled, maxConnectionsPerIp, maxEventsPerSecond } = security.rateLimiting;
    const { inputValidation: rules } = security;
    getService(strapi, 'server')
      .engine()
      ?.setSecurity({
        maxConnections: connection.maxConnections,
        maxConnectionsPerIp: enabled ? maxConnectionsPerIp : 0,
        maxEventsPerSecond: enabled ? maxEventsPerSecond : 0,
        allow: security.ipWhitelist,
        deny: security.ipBlacklist,
        trustedProxies: security.trustedProxies,
        origins: originsFor(security),
        events: rules.enabled ? allowedEvents(rules.allowedEvents) : [],
        maxEventBytes: rules.enabled ? rules.maxPayloadSize : 0,
        maxEventDepth: rules.enabled ? rules.maxDepth : 0,
      });
    warnOfForgeable(security);
  };

  /** Whether the application's own CORS function or pattern allows the origin. The engine checks lists itself. */
  const originIsAllowed = async (request: IncomingMessage): Promise<boolean> => {
    const { origin } = request.headers;
    const { checkOrigin } = getService(strapi, 'settings').current().security;
    if (!checkOrigin || typeof origins !== 'function' || origin === undefined) return true;
    if (ownOrigins().includes(origin)) return true;
    try {
      return await origins(request, origin);
    } catch {
      return false;
    }
  };

  /** Of this node only: the others hear of the settings themselves. */
  const end = async (engine: Engine, connections: string[], reason: string): Promise<void> => {
    if (connections.length === 0) return;
    strapi.log.info(`plugin io: ${connections.length} connections are ended: ${reason}`);
    // Those with objects in JavaScript are ended there.
    const left = new Set(engine.dismissConns(connections, reason));
    if (left.size === 0) return;
    const { _nsps } = getService(strapi, 'server').io();
    const sockets = [..._nsps.values()].flatMap(({ sockets: all }) =>
      (all as unknown as LazySockets).materialized(),
    );
    await inSlices(sockets, (socket) => {
      if (left.has(socket.conn.id)) dismiss(strapi, socket as unknown as SocketIOSocket, reason);
    });
    // Of those that have joined no namespace yet there is nobody to tell.
    await inSlices(left, (id) => engine.closeConn(id, false));
  };

  const endDenied = async (): Promise<void> => {
    const engine = getService(strapi, 'server').requireEngine();
    await end(engine, await engine.deniedConnIds(), 'Address not allowed');
  };

  const endAll = async (): Promise<void> => {
    const engine = getService(strapi, 'server').requireEngine();
    if (getService(strapi, 'settings').current().enabled) return;
    await end(engine, engine.connIds(), 'Socket.IO is disabled');
  };

  return {
    /** Socket.IO's `allowRequest`: nobody while the settings say so, else as the application decides. */
    gate(own: AllowRequest | undefined): AllowRequest {
      return (request: IncomingMessage, decide): void => {
        if (!getService(strapi, 'settings').current().enabled) {
          return decide('Socket.IO is disabled', false);
        }
        void originIsAllowed(request).then((allowed) => {
          if (!allowed) decide('Origin not allowed', false);
          else if (own === undefined) decide(null, true);
          else own(request, decide);
        });
      };
    },

    /** Once the server is there, before its first connection. */
    start(): void {
      const { current, onChange } = getService(strapi, 'settings');
      origins = originRule(getService(strapi, 'server').io().engine.opts.cors);
      warnOfAnyOrigin(current().security);
      apply(current());
      unsubscribe = onChange((settings, changed) => {
        apply(settings);
        if (changed.includes('security.checkOrigin')) warnOfAnyOrigin(settings.security);
        if (changed.includes('enabled')) endings.add(endAll);
        if (ADDRESS_RULES.some((path) => changed.includes(path))) endings.add(endDenied);
      });
    },

    async stop(): Promise<void> {
      unsubscribe?.();
      unsubscribe = null;
      await endings.close();
    },
  };
}

export type SecurityService = ReturnType<typeof createSecurityService>;
