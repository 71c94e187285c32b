import { API_TOKEN } from '../constants';
import type { Strapi } from '../types';
import { inChunks } from '../utils/in-chunks';

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

const HOUR = 60 * 60 * 1000;

export const isExpired = (token: TokenRow): boolean =>
  token.expiresAt != null && new Date(token.expiresAt) < new Date();

/** Admin tokens open the admin API, not content. */
export const isContentToken = (token: TokenRow): boolean =>
  token.kind == null || token.kind === 'content-api';

const isGood = (token: TokenRow): boolean => isContentToken(token) && !isExpired(token);

/** Strapi's API tokens, and its rules about which are good. */
export function createApiTokens(strapi: Strapi) {
  /** When this node noted the last use of a token. There are no more of them than there are tokens. */
  const marked = new Map<string, number>();

  return {
    /** Notes that tokens were used, as Strapi does: once in an hour. */
    async markUsed(ids: string[]): Promise<void> {
      const now = Date.now();
      const due = ids.filter((id) => now - (marked.get(id) ?? 0) >= HOUR);
      if (due.length === 0) return;
      for (const id of due) marked.set(id, now);
      const before = new Date(now - HOUR);
      await strapi.db.query(API_TOKEN).updateMany({
        where: {
          id: { $in: due },
          $or: [{ lastUsedAt: { $null: true } }, { lastUsedAt: { $lte: before } }],
        },
        data: { lastUsedAt: new Date(now) },
      });
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
