import type { AccessOutcome, AccessQuestion } from '../../socket-io/native';
import { createApiTokens, type TokenRow } from '../access/api-tokens';
import { AuthError, type Identity, toRecord } from '../access/identity';
import { createUserTokens, type Rejected } from '../access/user-tokens';
import { createUsers, type UserRow } from '../access/users';
import type { ServiceContext } from '../types';
import { BatchedLookup } from '../utils/batched-lookup';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';

const invalidToken = (rejected: Rejected): AuthError =>
  new AuthError('Invalid or expired token', 'INVALID_TOKEN', rejected === 'unknown');

const timeOf = (date: string | null | undefined): number | null =>
  date == null ? null : new Date(date).getTime();

/**
 * Says who is behind the tokens of users and admins, and later whether that still holds: what the engine cannot know
 * without the database.
 */
export function createStrategyService({ strapi }: ServiceContext) {
  const userTokens = createUserTokens(strapi);
  const users = createUsers(strapi);
  const apiTokens = createApiTokens(strapi);

  const publicIdentity = async (): Promise<Identity> => {
    const role = await getService(strapi, 'principals').publicRole();
    return {
      strategy: 'public',
      principal: role === undefined ? null : { kind: 'role', id: role.id },
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
      user: { id, username, email, role: role.name },
      expiresAt: token.expiresAt,
      sessionId: token.sessionId,
      keyHash: null,
    };
  };

  const tokenIdentity = (token: TokenRow, keyHash: string): Identity => ({
    strategy: 'api-token',
    principal: { kind: 'token', id: token.id },
    user: null,
    expiresAt: timeOf(token.expiresAt),
    sessionId: null,
    keyHash,
  });

  const publicMayConnect = (): boolean =>
    !getService(strapi, 'settings').current().security.requireAuthentication;

  /** What the client is told: the reason if it is its own, else that something failed here. */
  const refusal = (error: unknown): AuthError => {
    if (error instanceof AuthError) return error;
    if (getService(strapi, 'server').engine()?.mayLog('authentication') !== false) {
      strapi.log.error(
        `plugin io: a connection could not be authenticated: ${describeError(error)}`,
      );
    }
    return new AuthError('Authentication failed', 'INTERNAL_ERROR');
  };

  /** Users and logins are looked up together, however many clients ask at the same time. */
  const usersById = new BatchedLookup((ids) => users.many(ids));
  const logins = new BatchedLookup(async (sessionIds) => {
    const live = await userTokens.live(sessionIds);
    return new Map([...live].map((sessionId) => [sessionId, true]));
  });

  const identifyUser = async (text: string): Promise<Identity> => {
    const hasPlugin = strapi.plugin('users-permissions') !== undefined;
    const token = hasPlugin ? await userTokens.verify(text) : 'unknown';
    if (typeof token === 'string') throw invalidToken(token);
    const { userId, sessionId } = token;
    if (typeof userId !== 'number' && typeof userId !== 'string') throw invalidToken('ended');
    const [row, isLive] = await Promise.all([
      usersById.load(String(userId)),
      sessionId === null ? true : logins.load(sessionId),
    ]);
    if (isLive !== true) throw invalidToken('ended');
    if (row === undefined) throw new AuthError('Invalid credentials', 'INVALID_CREDENTIALS');
    return userIdentity(row, token);
  };

  const denialOf = ({ message, data, isGuess }: AuthError): AccessOutcome['denial'] => ({
    message,
    code: data.code,
    isGuess,
  });

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
    /** Says who a client is, for the engine. Never throws: what fails here refuses the client. */
    async identify({ strategy, token }: AccessQuestion): Promise<AccessOutcome> {
      try {
        const identity =
          strategy === 'admin-jwt'
            ? await getService(strapi, 'admin-sessions').authenticate(token)
            : await identifyUser(token);
        return { identity: toRecord(identity), denial: null };
      } catch (error) {
        return { identity: null, denial: denialOf(refusal(error)) };
      }
    },

    /** Users or logins may have changed. */
    forget(): void {
      usersById.forget();
      logins.forget();
    },

    /** Notes in the database that API tokens were used. */
    markUsed: (ids: string[]): Promise<void> => apiTokens.markUsed(ids),

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
          const row = user === null ? undefined : userRows?.get(String(user.id));
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
