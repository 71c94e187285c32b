import { verifyJwt } from '../../socket-io/native';
import { SESSION } from '../constants';
import type { Strapi } from '../types';
import { inChunks } from '../utils/in-chunks';

/** What a good token of the users-permissions plugin says. */
export interface UserToken {
  userId: unknown;
  /** Refresh mode only: the login it belongs to, which can be ended before the token expires. */
  sessionId: string | null;
  /** Milliseconds since the epoch; null: it never expires. */
  expiresAt: number | null;
}

/** Why a token lets nobody in: it is not good any more, or it was never issued here. */
export type Rejected = 'ended' | 'unknown';

interface Payload {
  exp?: unknown;
  type?: unknown;
}

interface JwtService {
  verify(token: string): Promise<{ id?: unknown; sessionId?: unknown }>;
}

interface JwtConfig {
  algorithm?: string;
  publicKey?: string;
}

interface SessionRow {
  sessionId: string;
  origin: string;
  expiresAt: string | Date;
}

const DEFAULT_ALGORITHM = 'HS256';
const isAsymmetric = (algorithm: string): boolean => /^(RS|ES|PS|Ed)/.test(algorithm);

/**
 * Checks JSON Web Tokens of the users-permissions plugin, in both of its modes: first signature,
 * algorithm and times in Rust, then what the plugin itself asks of a token.
 */
export function createUserTokens(strapi: Strapi) {
  // Read each time: in development the plugin makes the secret up during its own bootstrap.
  const setting = <T>(name: string): T | undefined =>
    strapi.config.get<T | undefined>(`plugin::users-permissions.${name}`);

  const isRefreshMode = (): boolean => setting<string>('jwtManagement') === 'refresh';

  const keyFor = (algorithm: string): string => {
    const { publicKey } = setting<JwtConfig>('jwt') ?? {};
    const secret = setting<string>('jwtSecret');
    const key = isRefreshMode()
      ? isAsymmetric(algorithm)
        ? publicKey
        : secret || strapi.config.get<string>('admin.auth.secret')
      : secret;
    if (typeof key !== 'string' || key === '') {
      throw new Error('users-permissions has no key to check tokens with: set its jwtSecret');
    }
    return key;
  };

  /** The payload of a token that is signed and not expired. */
  const payloadOf = (token: string): Payload | Rejected => {
    const algorithm = setting<JwtConfig>('jwt')?.algorithm ?? DEFAULT_ALGORITHM;
    const verdict = verifyJwt(token, Buffer.from(keyFor(algorithm)), [algorithm]);
    if (verdict.code === 'JWT_SETTINGS') {
      throw new Error(
        `users-permissions' settings do not let tokens be checked: ${verdict.message}`,
      );
    }
    if (verdict.payload !== null) return JSON.parse(verdict.payload) as Payload;
    return verdict.code === 'TOKEN_EXPIRED' ? 'ended' : 'unknown';
  };

  return {
    /** What a token says. Whether its login has been ended, `live` tells for many at a time. */
    async verify(token: string): Promise<UserToken | Rejected> {
      const payload = payloadOf(token);
      if (typeof payload === 'string') return payload;
      if (isRefreshMode() && payload.type !== 'access') return 'ended';
      // The plugin's own service has the last word: applications extend it.
      const service = strapi.plugin('users-permissions').service<JwtService>('jwt');
      const said = await service.verify(token).catch(() => null);
      if (said?.id === undefined) return 'ended';
      const sessionId = typeof said.sessionId === 'string' ? said.sessionId : null;
      if (isRefreshMode() && sessionId === null) return 'ended';
      const expiresAt = typeof payload.exp === 'number' ? payload.exp * 1000 : null;
      return { userId: said.id, sessionId, expiresAt };
    },

    /** Those of many logins that have not been ended. */
    async live(sessionIds: string[]): Promise<Set<string>> {
      const rows = await inChunks(sessionIds, (ids) =>
        strapi.db.query(SESSION).findMany({ where: { sessionId: { $in: ids } } }),
      );
      const now = new Date();
      return new Set(
        (rows as SessionRow[])
          .filter((row) => row.origin === 'users-permissions' && new Date(row.expiresAt) > now)
          .map(({ sessionId }) => sessionId),
      );
    },
  };
}
