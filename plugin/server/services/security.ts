import type { IncomingMessage } from 'node:http';

import type { Settings } from '../../shared/settings';
import type { ServiceContext, SocketServerOptions } from '../types';
import { getService } from '../utils/get-service';

type AllowRequest = NonNullable<SocketServerOptions['allowRequest']>;

/** Hands the security settings to the engine, which enforces them, and keeps a switched-off server shut. */
export function createSecurityService({ strapi }: ServiceContext) {
  let unsubscribe: (() => void) | null = null;

  /** As Koa finds `ctx.ip`: a header is believed only where the application trusts its proxy. */
  const proxyRules = () => {
    const { proxy, proxyIpHeader, maxIpsCount } = strapi.server.app;
    return { proxyHeader: proxy ? proxyIpHeader : null, proxyMaxIps: maxIpsCount };
  };

  const apply = ({ connection, security }: Settings): void => {
    const { enabled, maxConnectionsPerIp, maxEventsPerSecond } = security.rateLimiting;
    getService(strapi, 'server')
      .engine()
      ?.setSecurity({
        maxConnections: connection.maxConnections,
        maxConnectionsPerIp: enabled ? maxConnectionsPerIp : 0,
        maxEventsPerSecond: enabled ? maxEventsPerSecond : 0,
        allow: security.ipWhitelist,
        deny: security.ipBlacklist,
        ...proxyRules(),
      });
  };

  /** Of this node only: the others hear of the settings themselves. */
  const disconnectAll = (): void => {
    for (const namespace of getService(strapi, 'server').io()._nsps.values()) {
      namespace.local.disconnectSockets(true);
    }
  };

  return {
    /** Socket.IO's `allowRequest`: nobody while the settings say so, else as the application decides. */
    gate(own: AllowRequest | undefined): AllowRequest {
      return (request: IncomingMessage, decide): void => {
        if (!getService(strapi, 'settings').current().enabled)
          decide('Socket.IO is disabled', false);
        else if (own === undefined) decide(null, true);
        else own(request, decide);
      };
    },

    /** Once the server is there, before its first connection. */
    start(): void {
      const { current, onChange } = getService(strapi, 'settings');
      apply(current());
      unsubscribe = onChange((settings, changed) => {
        apply(settings);
        if (changed.includes('enabled') && !settings.enabled) disconnectAll();
      });
    },

    stop(): void {
      unsubscribe?.();
      unsubscribe = null;
    },
  };
}

export type SecurityService = ReturnType<typeof createSecurityService>;
