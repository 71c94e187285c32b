import {
  API_TOKEN,
  API_TOKEN_PERMISSION,
  SESSION,
  UP_PERMISSION,
  UP_ROLE,
  UP_USER,
} from '../constants';
import type { Affected } from './affected';

/** The parts of a lifecycle event that are read here. */
export interface AccessEvent {
  action: string;
  model: { uid: string };
  params?: { where?: unknown; data?: unknown };
  result?: unknown;
}

/** What one write changes. */
export interface AccessChange {
  /** Whose access; null: of no connected socket. */
  affected: Affected | null;
  /** Whether what is cached of roles, tokens and their permissions is out of date. */
  isCached: boolean;
}

type Fields = Record<string, unknown>;

/** The models that decide about the access of users, API tokens and the public. */
export const ACCESS_MODELS = [
  UP_ROLE,
  UP_PERMISSION,
  UP_USER,
  API_TOKEN,
  API_TOKEN_PERMISSION,
  SESSION,
];

/** The models that roles, tokens and their permissions are read from. */
const CACHED = new Set([UP_ROLE, UP_PERMISSION, API_TOKEN, API_TOKEN_PERMISSION]);

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** A field as a key; undefined where it is no plain value, like `{ $in: […] }`. */
const keyOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** Logins that nobody can be connected with yet, or whose time was over anyway, concern no socket. */
function affectedBySession({ params, result }: AccessEvent): Affected | null {
  const fields = { ...fieldsOf(params?.where), ...fieldsOf(result) };
  const origin = keyOf(fields.origin);
  // Those of admins are no concern of users.
  if (origin !== undefined && origin !== 'users-permissions') return null;
  const sessionId = keyOf(fields.sessionId);
  if (sessionId !== undefined) return `login:${sessionId}`;
  const userId = keyOf(fields.userId);
  if (userId !== undefined) return `logins:${userId}`;
  const names = Object.keys(fieldsOf(params?.where));
  const isCleanUp = names.length > 0 && names.every((name) => /expiresAt$/i.test(name));
  return isCleanUp ? null : 'logins';
}

function affectedByRole(id: string | undefined, isCreate: boolean, result: unknown): Affected {
  // Clients without a token may be of another role now.
  const isPublic = fieldsOf(result).type === 'public';
  return id === undefined || isCreate || isPublic ? 'everybody' : `role:${id}`;
}

function affectedBy(event: AccessEvent): Affected | null {
  const { action, model, params, result } = event;
  const isCreate = action.startsWith('afterCreate');
  const id = keyOf(fieldsOf(result).id) ?? keyOf(fieldsOf(params?.where).id);
  if (model.uid === UP_ROLE) return affectedByRole(id, isCreate, result);
  // Nobody is connected yet as a user, with a token or in a login that is new.
  if (isCreate) return null;
  if (model.uid === UP_USER) return id === undefined ? 'users' : `user:${id}`;
  if (model.uid === API_TOKEN) return id === undefined ? 'tokens' : `token:${id}`;
  if (model.uid === SESSION) return affectedBySession(event);
  // Permissions decide what a role or token receives, not who a socket is.
  return null;
}

/** Strapi notes when a token was used last, which changes nothing. */
function isUse({ model, params }: AccessEvent): boolean {
  const written = Object.keys(fieldsOf(params?.data));
  return model.uid === API_TOKEN && written.length === 1 && written[0] === 'lastUsedAt';
}

export function changeOf(event: AccessEvent): AccessChange {
  if (isUse(event)) return { affected: null, isCached: false };
  return { affected: affectedBy(event), isCached: CACHED.has(event.model.uid) };
}
