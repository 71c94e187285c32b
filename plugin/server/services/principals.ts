import type { EmitterMetrics } from '../../../types';
import type { AccessTable } from '../../socket-io/native';
import { isContentToken, isExpired, type TokenRow } from '../access/api-tokens';
import { API_TOKEN, UP_ROLE } from '../constants';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { createRoomNamer } from '../utils/reserved-rooms';

/** The `auth` that Strapi's sanitizers ask: `strapi.auth.verify(auth, { scope })`. */
export interface ContentApiAuth {
  strategy: { name: string; verify(auth: unknown, config: { scope?: string | string[] }): void };
  credentials: unknown;
  ability: unknown;
}

/** A role or an API token: what shares one set of permissions, one room and one view of an entity. */
export interface Principal {
  kind: 'role' | 'token';
  id: number | string;
  name: string;
  /** Roles only: `public`, `authenticated`, or the type of a custom role. */
  type: string;
  room: string;
  /** Since when it has been granted what it is granted now (milliseconds since the epoch); 0: since the start. */
  grantedSince: number;
  can(scope: string): boolean;
  auth: ContentApiAuth;
}

export type TokenRecord = AccessTable['tokens'][number];

/** What one reading gives. Tokens of admins are among the tokens: they have no principal. */
export interface Loaded {
  principals: Principal[];
  tokens: TokenRecord[];
}

interface PermissionRow {
  action: string;
}
interface RoleRow {
  id: number | string;
  name: string;
  type: string;
  permissions?: PermissionRow[];
}

/** What decides what a principal may do: its key, its own fields and its permissions. */
type Grant = [
  key: string,
  fields: { name: string; type: string; expiresAt?: unknown },
  permissions: PermissionRow[] | undefined,
];

interface Ability {
  can(scope: string): boolean;
}

/** The scopes a read-only token holds, as Strapi's own strategy decides it. */
const isReadScope = (scope: string): boolean => scope.endsWith('find') || scope.endsWith('findOne');

class ForbiddenScope extends Error {
  override name = 'ForbiddenError';
}

function createAuth(strategy: string, can: (scope: string) => boolean): ContentApiAuth {
  return {
    strategy: {
      name: strategy,
      verify(_auth, { scope = [] }) {
        const scopes = Array.isArray(scope) ? scope : [scope];
        if (scopes.length === 0 || !scopes.every(can)) throw new ForbiddenScope('Forbidden');
      },
    },
    credentials: null,
    ability: { can },
  };
}

/**
 * Roles and API tokens with their permissions, cached. Abilities come from Strapi's permission
 * engine because its hooks are user code: whoever asks gets the answer the REST API would get.
 */
export function createPrincipalsService({ strapi }: ServiceContext) {
  const roomFor = createRoomNamer(strapi);
  const { accessCheckInterval } = getService(strapi, 'options').config.security;
  let cached: { at: number; loaded: Promise<Loaded>; settled: boolean } | null = null;
  /** The principals of the last load that was cached; empty after a flush. */
  let loaded: readonly Principal[] = [];
  let hits = 0;

  /** What each of them was granted when it was last read, and since when. */
  let grants = new Map<string, { granted: string; since: number }>();

  /** Kept when the rest is flushed: a room must not be free while roles are read again. */
  let roleNames = new Set<string>();

  /** Compares with what was read before; tells since when each has been granted just this. */
  const noteGrants = (all: Grant[]): ((key: string) => number) => {
    const start = grants.size === 0 ? 0 : Date.now();
    const now = all.map(([key, { name, type, expiresAt }, permissions = []]) => {
      const actions = permissions.map(({ action }) => action).sort();
      const granted = JSON.stringify([name, type, expiresAt, actions]);
      const known = grants.get(key);
      return [key, known?.granted === granted ? known : { granted, since: start }] as const;
    });
    grants = new Map(now);
    const noted = grants;
    return (key) => noted.get(key)?.since ?? start;
  };

  const abilityOf = async (permissions: PermissionRow[] = []): Promise<Ability> => {
    const actions = permissions.map(({ action }) => ({ action }));
    // The content API asks about actions alone; the engine's type is that of the admin's abilities.
    return (await strapi.contentAPI.permissions.engine.generateAbility(
      actions,
    )) as unknown as Ability;
  };

  const fromRole = async (role: RoleRow, grantedSince: number): Promise<Principal> => {
    const ability = await abilityOf(role.permissions);
    const can = (scope: string): boolean => ability.can(scope);
    return {
      kind: 'role',
      id: role.id,
      name: role.name,
      type: role.type,
      room: roomFor('role', role.id),
      grantedSince,
      can,
      auth: createAuth('users-permissions', can),
    };
  };

  const fromToken = async (token: TokenRow, grantedSince: number): Promise<Principal> => {
    const ability = token.type === 'custom' ? await abilityOf(token.permissions) : null;
    const can = (scope: string): boolean => {
      if (isExpired(token)) return false;
      if (token.type === 'full-access') return true;
      if (token.type === 'read-only') return isReadScope(scope);
      return ability?.can(scope) ?? false;
    };
    return {
      kind: 'token',
      id: token.id,
      name: token.name,
      type: token.type,
      room: roomFor('token', token.id),
      grantedSince,
      can,
      auth: createAuth('content-api-token', can),
    };
  };

  const load = async (): Promise<Loaded> => {
    const hasRoles = strapi.plugin('users-permissions') !== undefined;
    const roles = hasRoles
      ? ((await strapi.db.query(UP_ROLE).findMany({ populate: ['permissions'] })) as RoleRow[])
      : [];
    roleNames = new Set(roles.map(({ name }) => name));
    const tokens = (await strapi.db
      .query(API_TOKEN)
      .findMany({ populate: ['permissions'] })) as TokenRow[];
    const presented = tokens.flatMap((token): TokenRecord[] => {
      const { accessKey, expiresAt } = token;
      if (accessKey == null) return [];
      const principal = isContentToken(token) ? `token:${token.id}` : null;
      const end = expiresAt == null ? null : new Date(expiresAt).getTime();
      return [{ digest: accessKey, principal, expiresAt: end }];
    });
    const since = noteGrants([
      ...roles.map((role): Grant => [`role:${role.id}`, role, role.permissions]),
      ...tokens.map((token): Grant => [`token:${token.id}`, token, token.permissions]),
    ]);
    const principals = await Promise.all([
      ...roles.map((role) => fromRole(role, since(`role:${role.id}`))),
      ...tokens.filter(isContentToken).map((token) => fromToken(token, since(`token:${token.id}`))),
    ]);
    return { principals, tokens: presented };
  };

  const read = async (): Promise<Loaded & { at: number }> => {
    const current =
      cached !== null && performance.now() - cached.at <= accessCheckInterval ? cached : null;
    if (strapi.db.inTransaction() && current?.settled !== true) {
      // Not to be shared: a transaction must not wait for a query that may be waiting for its
      // connection, and what it reads may never be committed.
      const at = performance.now();
      return { ...(await load()), at };
    }
    if (current !== null) {
      hits += 1;
      return { ...(await current.loaded), at: current.at };
    }
    const entry = { at: performance.now(), loaded: load(), settled: false };
    cached = entry;
    entry.loaded.then(
      ({ principals }) => {
        entry.settled = true;
        if (cached === entry) loaded = principals;
      },
      // A failure is not worth keeping; whoever asked still gets it.
      () => {
        if (cached === entry) cached = null;
      },
    );
    return { ...(await entry.loaded), at: entry.at };
  };

  const list = async (): Promise<Principal[]> => (await read()).principals;

  /** The one an identity stands for; undefined if it is gone. */
  const find = async (
    wanted: Pick<Principal, 'kind' | 'id'> | null | undefined,
  ): Promise<Principal | undefined> =>
    wanted == null
      ? undefined
      : (await list()).find(({ kind, id }) => kind === wanted.kind && id === wanted.id);

  return {
    list,

    /** The same with the API tokens that clients present, and how old this is (milliseconds). */
    async all(): Promise<Loaded & { age: number }> {
      const { at, ...all } = await read();
      return { ...all, age: performance.now() - at };
    },

    roomFor,

    find,

    role: (id: number | string): Promise<Principal | undefined> => find({ kind: 'role', id }),

    async publicRole(): Promise<Principal | undefined> {
      return (await list()).find((p) => p.kind === 'role' && p.type === 'public');
    },

    /** The names of roles, which are rooms of their users, as of the last reading. */
    roleNames: (): string[] => [...roleNames],

    /** For `$io.getMetrics`. A read-only or full-access token needs no ability. */
    cacheMetrics: (): Pick<EmitterMetrics, 'cachedLookups' | 'cacheSize'> => ({
      cachedLookups: hits,
      cacheSize: {
        rooms: loaded.length,
        abilities: loaded.filter(({ kind, type }) => kind === 'role' || type === 'custom').length,
      },
    }),

    /** The next question reads the database again. */
    flush(): void {
      cached = null;
      loaded = [];
    },
  };
}

export type PrincipalsService = ReturnType<typeof createPrincipalsService>;
