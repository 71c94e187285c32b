import type { Identity } from './identity';

/** Whose access a change in the database may have changed. */
export type Affected =
  | 'everybody'
  | 'users'
  | 'tokens'
  | 'logins'
  | `user:${string}`
  | `role:${string}`
  | `token:${string}`
  /** A login of users-permissions' refresh mode. */
  | `login:${string}`
  /** All logins of one user. */
  | `logins:${string}`;

/** The changes that concern an identity. */
function concerning({ strategy, principal, user, sessionId }: Identity): Affected[] {
  const all: Affected[] = ['everybody'];
  if (strategy === 'jwt') all.push('users', `user:${user?.id}`);
  if (strategy === 'api-token') all.push('tokens');
  if (principal !== null) all.push(`${principal.kind}:${principal.id}`);
  if (sessionId !== null) all.push('logins', `login:${sessionId}`, `logins:${user?.id}`);
  return all;
}

export const isAffected = (identity: Identity, by: ReadonlySet<Affected>): boolean =>
  concerning(identity).some((one) => by.has(one));

/** Whether such a change, of few sockets, can give them another role; any other ends them or changes nothing. */
export const mayMove = (affected: Affected): boolean => /^(user|role):/.test(affected);
