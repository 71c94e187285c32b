/** Whose access a change in the database may have changed. The engine knows which identities that concerns. */
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

/** Whether such a change, of few sockets, can give them another role; any other ends them or changes nothing. */
export const mayMove = (affected: Affected): boolean => /^(user|role):/.test(affected);
