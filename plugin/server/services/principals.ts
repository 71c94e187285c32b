import { isContentToken, isExpired, type TokenRow } from '../auth/api-tokens';
import { API_TOKEN, PERMISSIONS_TTL, UP_ROLE } from '../constants';
import type { ServiceContext } from '../types';
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
  can(scope: string): boolean;
  auth: ContentApiAuth;
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
  let cached: { at: number; principals: Promise<Principal[]>; settled: boolean } | null = null;

  /** Kept when the rest is flushed: a room must not be free while roles are read again. */
  let roleNames = new Set<string>();

  const abilityOf = async (permissions: PermissionRow[] = []): Promise<Ability> => {
    const actions = permissions.map(({ action }) => ({ action }));
    // The content API asks about actions alone; the engine's type is that of the admin's abilities.
    return (await strapi.contentAPI.permissions.engine.generateAbility(
      actions,
    )) as unknown as Ability;
  };

  const fromRole = async (role: RoleRow): Promise<Principal> => {
    const ability = await abilityOf(role.permissions);
    const can = (scope: string): boolean => ability.can(scope);
    return {
      kind: 'role',
      id: role.id,
      name: role.name,
      type: role.type,
      room: roomFor('role', role.id),
      can,
      auth: createAuth('users-permissions', can),
    };
  };

  const fromToken = async (token: TokenRow): Promise<Principal> => {
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
      can,
      auth: createAuth('content-api-token', can),
    };
  };

  const load = async (): Promise<Principal[]> => {
    const hasRoles = strapi.plugin('users-permissions') !== undefined;
    const roles = hasRoles
      ? ((await strapi.db.query(UP_ROLE).findMany({ populate: ['permissions'] })) as RoleRow[])
      : [];
    roleNames = new Set(roles.map(({ name }) => name));
    const tokens = (await strapi.db
      .query(API_TOKEN)
      .findMany({ populate: ['permissions'] })) as TokenRow[];
    return Promise.all([...roles.map(fromRole), ...tokens.filter(isContentToken).map(fromToken)]);
  };

  const list = async (): Promise<Principal[]> => {
    const current = cached !== null && Date.now() - cached.at <= PERMISSIONS_TTL ? cached : null;
    if (strapi.db.inTransaction() && current?.settled !== true) {
      // Not to be shared: a transaction must not wait for a query that may be waiting for its
      // connection, and what it reads may never be committed.
      return load();
    }
    if (current !== null) return current.principals;
    const entry = { at: Date.now(), principals: load(), settled: false };
    cached = entry;
    entry.principals.then(
      () => (entry.settled = true),
      // A failure is not worth keeping; whoever asked still gets it.
      () => {
        if (cached === entry) cached = null;
      },
    );
    return entry.principals;
  };

  return {
    list,

    roomFor,

    async role(id: number | string): Promise<Principal | undefined> {
      return (await list()).find((p) => p.kind === 'role' && p.id === id);
    },

    async publicRole(): Promise<Principal | undefined> {
      return (await list()).find((p) => p.kind === 'role' && p.type === 'public');
    },

    /** Is this the name of a role, and so of the room of its users? */
    isRoleName: (name: string): boolean => roleNames.has(name),

    /** The next question reads the database again. */
    flush(): void {
      cached = null;
    },
  };
}

export type PrincipalsService = ReturnType<typeof createPrincipalsService>;
