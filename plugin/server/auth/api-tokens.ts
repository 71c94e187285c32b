import { API_TOKEN } from '../constants';
import type { Strapi } from '../types';
import { inChunks } from '../utils/in-chunks';
import type { Rejected } from './user-tokens';

export interface TokenRow {
  id: number | string;
  name: string;
  kind?: string | null;
  type: 'read-only' | 'full-access' | 'custom';
  accessKey?: string | null;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  permissions?: Array<{ action: string }>;
}

interface ApiTokenService {
  hash(accessKey: string): string;
  getByAccessKey(hash: string): Promise<TokenRow | null>;
}

const HOUR = 60 * 60 * 1000;

export const isExpired = (token: TokenRow): boolean =>
  token.expiresAt != null && new Date(token.expiresAt) < new Date();

/** Admin tokens open the admin API, not content. */
export const isContentToken = (token: TokenRow): boolean =>
  token.kind == null || token.kind === 'content-api';

const isGood = (token: TokenRow): boolean => isContentToken(token) && !isExpired(token);

/** Strapi's API tokens, and its rules about which are good. */
export function createApiTokens(strapi: Strapi) {
  return {
    /** The token with this key, marked as used. */
    async one(accessKey: string): Promise<{ token: TokenRow; keyHash: string } | Rejected> {
      // Strapi split the token services in two; the older name remains as an alias.
      const service = (strapi.service('admin::api-token-content-api') ??
        strapi.service('admin::api-token')) as unknown as ApiTokenService;
      const keyHash = service.hash(accessKey);
      const token = await service.getByAccessKey(keyHash);
      if (token == null) return 'unknown';
      if (!isGood(token)) return 'ended';
      const lastUsed = token.lastUsedAt == null ? 0 : new Date(token.lastUsedAt).getTime();
      if (Date.now() - lastUsed >= HOUR) {
        await strapi.db
          .query(API_TOKEN)
          .update({ where: { id: token.id }, data: { lastUsedAt: new Date() } });
      }
      return { token, keyHash };
    },

    /** Those of many tokens that are good, by id. */
    async many(ids: Array<number | string>): Promise<Map<number | string, TokenRow>> {
      const rows = (await inChunks(ids, (some) =>
        strapi.db.query(API_TOKEN).findMany({ where: { id: { $in: some } } }),
      )) as TokenRow[];
      return new Map(rows.filter(isGood).map((row) => [row.id, row]));
    },
  };
}
