import {
  digestSessionToken,
  NativeSessionTokens,
  type SessionRedemption,
  type SessionTokenOptions,
} from '../../socket-io/native';
import type { ClusterService } from '../services/cluster';

/** Who issued the token with this digest counts a use of it; the others do not know it. */
const REDEEM = 'sessions:redeem';

/** Tokens that other nodes are asked about at the same time: anybody can send what looks like one. */
const MAX_ASKED = 100;

const TOKEN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Session tokens, good on every node: the one that issued a token counts its uses and knows its end.
 * The nodes name a token to each other by its digest alone.
 */
export function createSessionTokens(cluster: ClusterService, limits: SessionTokenOptions) {
  const tokens = new NativeSessionTokens(limits);
  /** For each token that others are asked about: whose tokens have been taken back meanwhile. */
  const asked = new Set<Set<number>>();

  /** Nobody who answers is nobody who vouches for it. */
  const redeemElsewhere = async (digest: string): Promise<SessionRedemption | null> => {
    if (!cluster.isClustered() || asked.size >= MAX_ASKED) return null;
    const takenBack = new Set<number>();
    asked.add(takenBack);
    try {
      const [redeemed] = (await cluster.askAll(REDEEM, [digest])) as SessionRedemption[];
      if (redeemed === undefined || takenBack.has(redeemed.userId)) return null;
      return tokens.adopt(digest, redeemed) ? redeemed : null;
    } finally {
      asked.delete(takenBack);
    }
  };

  return {
    start(): void {
      cluster.handle(REDEEM, ([digest]) => tokens.redeem(String(digest)));
    },

    issue: (userId: number, sessionId: string) => tokens.issue(userId, sessionId),

    /** Uses a token for one connection; null if it is not good, or not any more. */
    async redeem(token: string): Promise<SessionRedemption | null> {
      if (!TOKEN.test(token)) return null;
      const digest = digestSessionToken(token);
      return tokens.redeem(digest) ?? (await redeemElsewhere(digest));
    },

    /** Whether a token that was redeemed here has not been taken back in the meantime. */
    holds: (token: string): boolean => tokens.holds(digestSessionToken(token)),

    /** On this node; how many of those it issued were alive. */
    invalidateUser(userId: number): number {
      for (const takenBack of asked) takenBack.add(userId);
      return tokens.invalidateUser(userId);
    },

    invalidateSession: (sessionId: string): number => tokens.invalidateSession(sessionId),

    counts: () => tokens.counts(),

    grants: () => tokens.grants(),

    clear: (): number => tokens.clear(),
  };
}
