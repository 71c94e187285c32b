import { createHash } from 'node:crypto';

import type { AdminContext, Strapi } from '../types';

/** What Strapi's `admin` strategy leaves of a login. API tokens of admins have another strategy. */
interface AdminState {
  auth?: { strategy?: { name?: string } };
  user?: { id: number };
  session?: { id?: unknown };
}

interface TokenService {
  decodeJwtToken(token: string): { isValid: boolean; payload: { exp?: number } | null };
}

/** The login a request came with. */
export interface Login {
  userId: number;
  /** Id of the admin session, or of the JWT where Strapi has no sessions. */
  sessionId: string;
}

/** Starts the ids of logins in versions of Strapi that have no admin sessions. */
const JWT = 'jwt';

/** Whether this Strapi keeps admin sessions; versions that are older only issue JWTs. */
export const hasSessions = (strapi: Strapi): boolean =>
  strapi.getModel('admin::session' as never) !== undefined;

/** An id that says until when the JWT is valid and cannot be turned back into it. */
function idOfJwt(strapi: Strapi, ctx: AdminContext): string | null {
  const [, jwt] = String(ctx.request.header.authorization ?? '').split(/\s+/);
  if (jwt === undefined) return null;
  const { isValid, payload } = (
    strapi.service('admin::token') as unknown as TokenService
  ).decodeJwtToken(jwt);
  if (!isValid || typeof payload?.exp !== 'number') return null;
  return [JWT, payload.exp, createHash('sha256').update(jwt).digest('hex')].join(':');
}

/** The login of an admin who asks with the token of their browser; null for API tokens. */
export function loginOf(strapi: Strapi, ctx: AdminContext): Login | null {
  const { auth, user, session } = ctx.state as AdminState;
  if (auth?.strategy?.name !== 'admin' || user === undefined) return null;
  const sessionId = hasSessions(strapi) ? session?.id : idOfJwt(strapi, ctx);
  return typeof sessionId === 'string' ? { userId: user.id, sessionId } : null;
}

/** Whether the JWT a login id was made of is still valid; null if the id is that of a session. */
export function isJwtValid(sessionId: string): boolean | null {
  const [kind, expires] = sessionId.split(':');
  return kind === JWT ? Number(expires) * 1000 > Date.now() : null;
}
