import { createApiTokens, type TokenRow } from '../auth/api-tokens';
import { AuthError, type Identity } from '../auth/identity';
import { createUserTokens, type Rejected } from '../auth/user-tokens';
import { createUsers, type UserRow } from '../auth/users';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';

const STRATEGIES: ReadonlySet<unknown> = new Set(['jwt', 'api-token', 'admin-jwt']);

const invalidToken = (rejected: Rejected): AuthError =>
  new AuthError('Invalid or expired token', 'INVALID_TOKEN', rejected === 'unknown');

/** What a client of a logged-out visitor sends for a token. */
const isEmpty = (token: unknown): boolean =>
  token === undefined || token === null || token === '' || token === false;

const timeOf = (date: string | null | undefined): number | null =>
  date == null ? null : new Date(date).getTime();

/** Tells who is connecting from the `auth` payload of the handshake, and later whether that still holds. */
export function createStrategyService({ strapi }: ServiceContext) {
  const userTokens = createUserTokens(strapi);
  const users = createUsers(strapi);
  const apiTokens = createApiTokens(strapi);

  const publicIdentity = async (): Promise<Identity> => {
    const role = await getService(strapi, 'principals').publicRole();
    return {
      strategy: 'public',
      principal: role === undefined ? null : { kind: 'role', id: role.id },
      room: role?.room ?? null,
      alias: role?.name ?? null,
      user: null,
      expiresAt: null,
      sessionId: null,
      keyHash: null,
    };
  };

  const userIdentity = (
    { id, username, email, role }: UserRow,
    token: Pick<Identity, 'expiresAt' | 'sessionId'>,
  ): Identity => {
    if (role == null) throw new Error(`user ${id} has no role`);
    return {
      strategy: 'jwt',
      principal: { kind: 'role', id: role.id },
      room: getService(strapi, 'principals').roomFor('role', role.id),
      alias: role.name,
      user: { id, username, email, role: role.name },
      expiresAt: token.expiresAt,
      sessionId: token.sessionId,
      keyHash: null,
    };
  };

  const tokenIdentity = (token: TokenRow, keyHash: string): Identity => ({
    strategy: 'api-token',
    principal: { kind: 'token', id: token.id },
    room: getService(strapi, 'principals').roomFor('token', token.id),
    alias: null,
    user: null,
    expiresAt: timeOf(token.expiresAt),
    sessionId: null,
    keyHash,
  });

  const publicMayConnect = (): boolean =>
    !getService(strapi, 'settings').current().security.requireAuthentication;

  const asPublic = async (): Promise<Identity> => {
    if (!publicMayConnect()) {
      throw new AuthError('Authentication required', 'AUTHENTICATION_REQUIRED');
    }
    return publicIdentity();
  };

  const asUser = async (text: string): Promise<Identity> => {
    const hasPlugin = strapi.plugin('users-permissions') !== undefined;
    const token = hasPlugin ? await userTokens.verify(text) : 'unknown';
    if (typeof token === 'string') throw invalidToken(token);
    const user = await users.one(token.userId);
    if (user === null) throw new AuthError('Invalid credentials', 'INVALID_CREDENTIALS');
    return userIdentity(user, token);
  };

  const asApiToken = async (accessKey: string): Promise<Identity> => {
    const found = await apiTokens.one(accessKey);
    if (typeof found === 'string') throw invalidToken(found);
    return tokenIdentity(found.token, found.keyHash);
  };

  const identify = async ({ strategy, token }: Record<string, unknown>): Promise<Identity> => {
    // An empty strategy is the default one.
    if (strategy != null && strategy !== '' && !STRATEGIES.has(strategy)) {
      throw new AuthError('Unknown auth strategy: use "jwt" or "api-token"', 'UNKNOWN_STRATEGY');
    }
    // Clients send `token: getToken()` whether or not their user is logged in.
    if (isEmpty(token)) {
      if (strategy === 'admin-jwt') throw new AuthError('Missing token', 'MISSING_TOKEN');
      return asPublic();
    }
    if (typeof token !== 'string') throw invalidToken('unknown');
    if (strategy === 'admin-jwt') return getService(strapi, 'admin-sessions').authenticate(token);
    return strategy === 'api-token' ? asApiToken(token) : asUser(token);
  };

  /** The ids of what the identities of one strategy stand for, each once. */
  const idsOf = (
    identities: readonly Identity[],
    strategy: Identity['strategy'],
    id: (identity: Identity) => number | string | undefined,
  ): Array<number | string> => {
    const ids = identities
      .filter((identity) => identity.strategy === strategy)
      .map(id)
      .filter((value) => value !== undefined);
    return [...new Set(ids)];
  };

  return {
    /** Throws an `AuthError` for whoever may not connect. */
    async authenticate(auth: Record<string, unknown>): Promise<Identity> {
      const identity = await identify(auth);
      if (!(await getService(strapi, 'permissions').mayConnect(identity))) {
        throw new AuthError('This role may not connect', 'FORBIDDEN');
      }
      return identity;
    },

    /**
     * What each identity is now, read from the database for all of them together; null for those
     * that would not be let in any more.
     */
    async review(identities: readonly Identity[]): Promise<Array<Identity | null>> {
      const userIds = idsOf(identities, 'jwt', ({ user }) => user?.id);
      const tokenIds = idsOf(identities, 'api-token', ({ principal }) => principal?.id);
      const sessionIds = idsOf(identities, 'jwt', (one) => one.sessionId ?? undefined) as string[];
      const userRows = userIds.length === 0 ? null : await users.many(userIds);
      const tokenRows = tokenIds.length === 0 ? null : await apiTokens.many(tokenIds);
      const live = await userTokens.live(sessionIds);

      const now = async (identity: Identity): Promise<Identity | null> => {
        const { strategy, user, principal, sessionId, keyHash } = identity;
        if (strategy === 'public') return publicMayConnect() ? publicIdentity() : null;
        if (strategy === 'jwt') {
          const row = user === null ? undefined : userRows?.get(user.id);
          if (row === undefined) return null;
          if (sessionId !== null && !live.has(sessionId)) return null;
          return userIdentity(row, identity);
        }
        if (strategy === 'api-token') {
          const row = principal === null ? undefined : tokenRows?.get(principal.id);
          if (row === undefined || keyHash === null || row.accessKey !== keyHash) return null;
          return tokenIdentity(row, keyHash);
        }
        return identity;
      };

      const reviewed: Array<Identity | null> = [];
      for (const identity of identities) {
        const current = await now(identity);
        const may =
          current !== null && (await getService(strapi, 'permissions').mayConnect(current));
        reviewed.push(may ? current : null);
      }
      return reviewed;
    },
  };
}

export type StrategyService = ReturnType<typeof createStrategyService>;
