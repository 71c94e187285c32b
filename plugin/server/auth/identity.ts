import type { PresenceUser } from '../../shared/contracts/presence';
import type { SocketUser } from '../types';

/** What a connection turned out to be. */
export interface Identity {
  strategy: 'public' | 'jwt' | 'api-token' | 'admin-jwt';
  /** The role or token whose content events it gets; null: none, as nothing may be read. */
  principal: { kind: 'role' | 'token'; id: number | string } | null;
  /** The reserved room its content events come through; null: none. */
  room: string | null;
  /** The name under which user code addresses the same sockets (`Authenticated`). */
  alias: string | null;
  user: SocketUser | null;
  /** When what it authenticated with ceases to be good, milliseconds since the epoch. */
  expiresAt: number | null;
  /** The login behind an access token of users-permissions' refresh mode. */
  sessionId: string | null;
  /** API tokens: the hash of the key it came with, as a regenerated token has another. */
  keyHash: string | null;
  /** Admins only, with the admin session the connection belongs to. */
  admin?: { user: PresenceUser; sessionId: string };
}

/** Names an identity: two sockets with the same mark are the same user, API token or public role. */
export const markOf = ({ strategy, principal, user }: Identity): string =>
  `${strategy} ${principal?.kind ?? 'none'}:${principal?.id ?? ''} ${user?.id ?? ''}`;

/** Refused at the handshake: `message` and `data` reach the client's `connect_error`. */
export class AuthError extends Error {
  override name = 'AuthError';
  readonly data: { code: string };

  constructor(
    message: string,
    code: string,
    /** Whether the client came with a token that was never issued here, and not with one that has ended. */
    readonly isGuess = false,
  ) {
    super(message);
    this.data = { code };
  }
}
