import { API_TOKEN } from '../constants';
import type { ServiceContext, SocketUser } from '../types';
import { getService } from '../utils/get-service';
import { isContentToken, isExpired, type TokenRow } from './principals';

/** What a connection turned out to be. */
export interface Identity {
  strategy: 'public' | 'jwt' | 'api-token';
  /** The reserved room its content events come through; null: none, as nothing may be read. */
  room: string | null;
  /** The name under which user code addresses the same sockets (`Authenticated`). */
  alias: string | null;
  user: SocketUser | null;
}

/** Refused at the handshake: `message` and `data` reach the client's `connect_error`. */
export class AuthError extends Error {
  override name = 'AuthError';
  readonly data: { code: string };

  constructor(message: string, code: string) {
    super(message);
    this.data = { code };
  }
}

interface UserRow {
  id: number | string;
  username: string;
  email: string;
  confirmed?: boolean | null;
  blocked?: boolean | null;
  role?: { id: number | string; name: string } | null;
}

interface JwtService {
  verify(token: string): Promise<{ id?: unknown }>;
}

interface UserService {
  fetchAuthenticatedUser(id: unknown): Promise<UserRow | null>;
}

interface ApiTokenService {
  hash(accessKey: string): string;
  getByAccessKey(hash: string): Promise<TokenRow | null>;
}

const HOUR = 60 * 60 * 1000;

/** Tells who is connecting from the `auth` payload of the handshake. */
export function createStrategyService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const invalid = (): AuthError => new AuthError('Invalid credentials', 'INVALID_CREDENTIALS');

  const asPublic = async (): Promise<Identity> => {
    if (config.security.requireAuthentication) {
      throw new AuthError('Authentication required', 'AUTHENTICATION_REQUIRED');
    }
    const role = await getService(strapi, 'principals').publicRole();
    return {
      strategy: 'public',
      room: role?.room ?? null,
      alias: role?.name ?? null,
      user: null,
    };
  };

  /** As the users-permissions plugin's own strategy decides it, step by step. */
  const asUser = async (token: string): Promise<Identity> => {
    const plugin = strapi.plugin('users-permissions');
    if (plugin === undefined) throw invalid();
    let id: unknown;
    try {
      ({ id } = await plugin.service<JwtService>('jwt').verify(token));
    } catch {
      throw new AuthError('Invalid or expired token', 'INVALID_TOKEN');
    }
    if (id === undefined) throw new AuthError('Invalid or expired token', 'INVALID_TOKEN');
    const user = await plugin.service<UserService>('user').fetchAuthenticatedUser(id);
    if (user === null || user.role == null) throw invalid();
    const advanced = (await strapi
      .store({ type: 'plugin', name: 'users-permissions' })
      .get({ key: 'advanced' })) as { email_confirmation?: boolean } | null;
    if (advanced?.email_confirmation === true && user.confirmed !== true) throw invalid();
    if (user.blocked === true) throw invalid();
    const { role } = user;
    return {
      strategy: 'jwt',
      room: getService(strapi, 'principals').roomFor('role', role.id),
      alias: role.name,
      user: { id: user.id, username: user.username, email: user.email, role: role.name },
    };
  };

  const asApiToken = async (accessKey: string): Promise<Identity> => {
    // Strapi split the token services in two; the older name remains as an alias.
    const service = (strapi.service('admin::api-token-content-api') ??
      strapi.service('admin::api-token')) as unknown as ApiTokenService;
    const token = await service.getByAccessKey(service.hash(accessKey));
    if (token == null || !isContentToken(token)) {
      throw new AuthError('Invalid or expired token', 'INVALID_TOKEN');
    }
    if (isExpired(token)) throw new AuthError('Invalid or expired token', 'INVALID_TOKEN');
    const lastUsed = token.lastUsedAt == null ? 0 : new Date(token.lastUsedAt).getTime();
    if (Date.now() - lastUsed >= HOUR) {
      await strapi.db
        .query(API_TOKEN)
        .update({ where: { id: token.id }, data: { lastUsedAt: new Date() } });
    }
    return {
      strategy: 'api-token',
      room: getService(strapi, 'principals').roomFor('token', token.id),
      alias: null,
      user: null,
    };
  };

  return {
    /** Throws an `AuthError` for whoever may not connect. */
    async authenticate(auth: Record<string, unknown>): Promise<Identity> {
      const { strategy, token } = auth;
      const hasToken = token !== undefined && token !== null && token !== '';
      if (!hasToken && strategy == null) return asPublic();
      if (strategy != null && strategy !== 'jwt' && strategy !== 'api-token') {
        throw new AuthError('Unknown auth strategy: use "jwt" or "api-token"', 'UNKNOWN_STRATEGY');
      }
      if (!hasToken) throw new AuthError('Missing token', 'MISSING_TOKEN');
      if (typeof token !== 'string') {
        throw new AuthError('Invalid or expired token', 'INVALID_TOKEN');
      }
      return strategy === 'api-token' ? asApiToken(token) : asUser(token);
    },
  };
}

export type StrategyService = ReturnType<typeof createStrategyService>;
