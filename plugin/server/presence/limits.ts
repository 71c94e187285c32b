import type { PresenceOptions, SessionTokenOptions } from '../../socket-io/native';
import type { ResolvedConfig } from '../config';

/** Longer than a hidden tab may be slowed down: browsers run its timers once a minute. */
const HEARTBEAT_TIMEOUT = 90_000;
const TYPING_TIMEOUT = 5_000;
const TYPING_INTERVAL = 1_000;
const SESSION_TTL = 10 * 60_000;
const REFRESH_COOLDOWN = 30_000;

/** How often a node tells the others all of its editors; twice may be lost before they are dropped. */
export const SYNC_INTERVAL = 10_000;
const NODE_TIMEOUT = 3.5 * SYNC_INTERVAL;

/** How often admins with an open connection are checked for what this node was not told. */
export const REVIEW_INTERVAL = 30_000;

/** How long such a check may take: a database that hangs counts as one that is away. */
export const REVIEW_LIMIT = 10_000;

/** For the registry of editors. */
export function presenceLimits({ presence }: ResolvedConfig): PresenceOptions {
  return {
    heartbeatTimeout: presence?.heartbeatTimeout ?? HEARTBEAT_TIMEOUT,
    typingTimeout: presence?.typingTimeout ?? TYPING_TIMEOUT,
    typingInterval: TYPING_INTERVAL,
    nodeTimeout: NODE_TIMEOUT,
    maxDocuments: 20,
    maxTabsPerDocument: 100,
    maxTabs: 10_000,
  };
}

/** For the session tokens. */
export function sessionLimits({ presence }: ResolvedConfig): SessionTokenOptions {
  return {
    ttl: presence?.sessionTTL ?? SESSION_TTL,
    cooldown: presence?.refreshCooldown ?? REFRESH_COOLDOWN,
    maxUses: 10,
    maxTokens: 10_000,
  };
}
