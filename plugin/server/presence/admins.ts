import type { Strapi } from '../types';

/** A row of `admin::user`, as far as the plugin looks at it. */
export interface AdminRow {
  id: number;
  firstname: string | null;
  lastname: string | null;
  isActive: boolean;
  blocked: boolean | null;
  roles: Array<{ id: number; name: string }>;
}

/** What an admin may do, as the Content Manager asks. */
export interface Ability {
  can(action: string, subject?: string): boolean;
}

interface SessionRow {
  sessionId: string;
  userId: string;
  origin: string;
  childId: string | null;
  expiresAt: string | Date;
}

interface PermissionService {
  engine: { generateUserAbility(user: AdminRow): Promise<Ability> };
}

const READ = 'plugin::content-manager.explorer.read';

/** Renewals of one login that are followed; Strapi renews every half hour, for a month at most. */
const MAX_RENEWALS = 2000;

/** What the database says about admins and their sessions. */
export function createAdmins(strapi: Strapi) {
  const mayLogIn = (admin: AdminRow | null): admin is AdminRow =>
    admin !== null && admin.isActive === true && admin.blocked !== true;

  const one = async (id: number): Promise<AdminRow | null> => {
    const admin = (await strapi.db
      .query('admin::user')
      .findOne({ where: { id }, populate: ['roles'] })) as AdminRow | null;
    return mayLogIn(admin) ? admin : null;
  };

  const ability = (admin: AdminRow): Promise<Ability> => {
    const { engine } = strapi.service('admin::permission') as unknown as PermissionService;
    return engine.generateUserAbility(admin);
  };

  const sessionRow = (sessionId: string): Promise<SessionRow | null> =>
    strapi.db.query('admin::session').findOne({ where: { sessionId } });

  return {
    /** null if they may not log in. */
    one,

    async many(ids: number[]): Promise<AdminRow[]> {
      if (ids.length === 0) return [];
      const rows = (await strapi.db
        .query('admin::user')
        .findMany({ where: { id: { $in: ids } }, populate: ['roles'] })) as AdminRow[];
      return rows.filter(mayLogIn);
    },

    /**
     * The session that an admin session has become, as each renewal of a login makes a new one;
     * null if the login is over.
     */
    async currentSession(sessionId: string, userId: number): Promise<string | null> {
      let row = await sessionRow(sessionId);
      for (let hop = 0; row !== null && row.childId !== null; hop += 1) {
        if (hop === MAX_RENEWALS) return null;
        row = await sessionRow(row.childId);
      }
      if (row === null || row.origin !== 'admin' || row.userId !== String(userId)) return null;
      return new Date(row.expiresAt) > new Date() ? row.sessionId : null;
    },

    /** Which content types an admin may read in the Content Manager. */
    async readable(admin: AdminRow): Promise<(uid: string) => boolean> {
      const own = await ability(admin);
      return (uid) => own.can(READ, uid);
    },

    /** Whether an admin may do something that is not about a content type. */
    async may(id: number, action: string): Promise<boolean> {
      const admin = await one(id);
      return admin !== null && (await ability(admin)).can(action);
    },
  };
}

export type Admins = ReturnType<typeof createAdmins>;
