import { UP_USER } from '../constants';
import type { Strapi } from '../types';
import { inChunks } from '../utils/in-chunks';

export interface UserRow {
  id: number | string;
  username: string;
  email: string;
  confirmed?: boolean | null;
  blocked?: boolean | null;
  role?: { id: number | string; name: string; type: string } | null;
}

/** Users of the users-permissions plugin, and its rules about who may log in. */
export function createUsers(strapi: Strapi) {
  const confirmationIsRequired = async (): Promise<boolean> => {
    const advanced = (await strapi
      .store({ type: 'plugin', name: 'users-permissions' })
      .get({ key: 'advanced' })) as { email_confirmation?: boolean } | null;
    return advanced?.email_confirmation === true;
  };

  const mayLogIn = (user: UserRow, confirmation: boolean): boolean =>
    user.role != null && user.blocked !== true && (!confirmation || user.confirmed === true);

  return {
    /** Those of many users who may log in, by their ids as text. What is no id finds nobody. */
    async many(ids: readonly unknown[]): Promise<Map<string, UserRow>> {
      const usable = ids.filter((id) => typeof id === 'number' || typeof id === 'string');
      const confirmation = await confirmationIsRequired();
      const rows = (await inChunks(usable, (some) =>
        strapi.db.query(UP_USER).findMany({ where: { id: { $in: some } }, populate: ['role'] }),
      )) as UserRow[];
      const allowed = rows.filter((row) => mayLogIn(row, confirmation));
      return new Map(allowed.map((row) => [String(row.id), row]));
    },
  };
}
