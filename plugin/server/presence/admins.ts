import { SESSION } from '../constants';
import type { Strapi } from '../types';
import { inChunks } from '../utils/in-chunks';
import { isJwtValid } from './login';

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

const isGood = ({ origin, userId, expiresAt }: SessionRow, admin: number): boolean =>
  origin === 'admin' && userId === String(admin) && new Date(expiresAt) > new Date();

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

  const sessionRows = async (ids: string[]): Promise<Map<string, SessionRow>> => {
    const rows = (await inChunks(ids, (some) =>
      strapi.db.query(SESSION).findMany({ where: { sessionId: { $in: some } } }),
    )) as SessionRow[];
    return new Map(rows.map((row) => [row.sessionId, row]));
  };

  /**
   * The session that each admin session has become, as each renewal of a login makes a new one; logins that are over
   * are left out. Takes one query per 500 sessions and renewal. The login of a Strapi without sessions lasts as long as
   * its JWT.
   */
  const currentSessions = async (
    logins: ReadonlyMap<string, number>,
  ): Promise<Map<string, string>> => {
    const current = new Map<string, string>();
    let followed: Array<{ first: string; userId: number; at: string }> = [];
    for (const [first, userId] of logins) {
      const isValid = isJwtValid(first);
      if (isValid === null) followed.push({ first, userId, at: first });
      else if (isValid) current.set(first, first);
    }
    for (let hop = 0; followed.length > 0 && hop <= MAX_RENEWALS; hop += 1) {
      const rows = await sessionRows([...new Set(followed.map(({ at }) => at))]);
      const renewed: typeof followed = [];
      for (const { first, userId, at } of followed) {
        const row = rows.get(at);
        if (row === undefined) continue;
        if (row.childId !== null) renewed.push({ first, userId, at: row.childId });
        else if (isGood(row, userId)) current.set(first, row.sessionId);
      }
      followed = renewed;
    }
    return current;
  };

  return {
    /** null if they may not log in. */
    one,

    async many(ids: number[]): Promise<AdminRow[]> {
      const rows = (await inChunks(ids, (some) =>
        strapi.db
          .query('admin::user')
          .findMany({ where: { id: { $in: some } }, populate: ['roles'] }),
      )) as AdminRow[];
      return rows.filter(mayLogIn);
    },

    currentSessions,

    /** The same for one; null if the login is over. */
    async currentSession(sessionId: string, userId: number): Promise<string | null> {
      return (await currentSessions(new Map([[sessionId, userId]]))).get(sessionId) ?? null;
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
