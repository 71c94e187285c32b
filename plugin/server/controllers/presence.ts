import type { OnlineAdminsResponse, PresenceSession } from '../../shared/contracts/presence';
import { loginOf } from '../presence/login';
import type { AdminContext, ServiceContext, Strapi } from '../types';
import { getService } from '../utils/get-service';

/** Where the browser reaches this Strapi: as configured, else as it got here. */
function originOf(strapi: Strapi, ctx: AdminContext): string {
  const url = strapi.config.get<unknown>('server.url');
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : ctx.origin;
}

const createPresenceController = ({ strapi }: ServiceContext) => ({
  /** A session token for the panel's connection, for an admin who has logged in. */
  createSession(ctx: AdminContext): void {
    const login = loginOf(strapi, ctx);
    if (login === null) {
      return ctx.forbidden('Sessions are for admins who have logged in, not for API tokens');
    }
    const sessions = getService(strapi, 'admin-sessions');
    const { token, expiresAt, refreshAfter, retryAfter, message } = sessions.issue(
      login.userId,
      login.sessionId,
    );
    if (token === null) {
      if (retryAfter !== null) ctx.set('Retry-After', String(Math.ceil(retryAfter / 1000)));
      return ctx.tooManyRequests(message ?? undefined, { retryAfter });
    }
    // A token must not outlive its use in a cache.
    ctx.set('Cache-Control', 'no-store');
    const wsPath = getService(strapi, 'server').io().path();
    const body: PresenceSession = {
      token,
      expiresAt,
      refreshAfter,
      wsPath,
      wsUrl: originOf(strapi, ctx),
    };
    ctx.body = body;
  },

  async online(ctx: AdminContext): Promise<void> {
    const body: OnlineAdminsResponse = {
      data: await getService(strapi, 'admin-sessions').online(),
    };
    ctx.body = body;
  },
});

export default createPresenceController;
