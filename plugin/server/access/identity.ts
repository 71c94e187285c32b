import type { PresenceUser } from '../../shared/contracts/presence';
import type { IdentityRecord } from '../../socket-io/native';
import type { SocketUser } from '../types';

/** A role or an API token. */
export interface PrincipalId {
  kind: 'role' | 'token';
  id: number | string;
}

/** Who a socket is. */
export interface Identity {
  strategy: 'public' | 'jwt' | 'api-token' | 'admin-jwt';
  /** The role or token whose content events it gets; null: none, as nothing may be read. */
  principal: PrincipalId | null;
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

/** The name of a role or token in the engine's table. */
export const keyOf = ({ kind, id }: PrincipalId): string => `${kind}:${id}`;

const principalOf = (key: string): PrincipalId => {
  const at = key.indexOf(':');
  const id = key.slice(at + 1);
  return {
    kind: key.slice(0, at) as PrincipalId['kind'],
    id: /^\d{1,15}$/.test(id) ? Number(id) : id,
  };
};

const nameOf = ({ user, admin }: Identity): string | null =>
  admin === undefined
    ? (user?.username ?? null)
    : `${admin.user.firstname ?? ''} ${admin.user.lastname ?? ''}`;

/** As the engine keeps it. */
export const toRecord = (identity: Identity): IdentityRecord => {
  const { strategy, principal, user, expiresAt, sessionId, keyHash, admin } = identity;
  return {
    key: '',
    strategy,
    principal: principal === null ? null : keyOf(principal),
    user: user === null ? null : JSON.stringify(user),
    userId: user === null ? null : String(user.id),
    name: nameOf(identity),
    sessionId,
    keyHash,
    expiresAt,
    admin: admin === undefined ? null : JSON.stringify(admin),
  };
};

export const fromRecord = (record: IdentityRecord): Identity => ({
  strategy: record.strategy as Identity['strategy'],
  principal: record.principal === null ? null : principalOf(record.principal),
  user: record.user === null ? null : (JSON.parse(record.user) as SocketUser),
  expiresAt: record.expiresAt,
  sessionId: record.sessionId,
  keyHash: record.keyHash,
  ...(record.admin !== null && { admin: JSON.parse(record.admin) as Identity['admin'] }),
});

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
