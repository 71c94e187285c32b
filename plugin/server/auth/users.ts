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

interface UserService {
  fetchAuthenticatedUser(id: unknown): Promise<UserRow | null>;
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
    /** The user, as the plugin itself finds who is behind a token; null if there is none or it may not log in. */
    async one(id: unknown): Promise<UserRow | null> {
      const service = strapi.plugin('users-permissions').service<UserService>('user');
      const user = await service.fetchAuthenticatedUser(id);
      return user !== null && mayLogIn(user, await confirmationIsRequired()) ? user : null;
    },

    /** Those of many users who may log in, by id. */
    async many(ids: Array<number | string>): Promise<Map<number | string, UserRow>> {
      const confirmation = await confirmationIsRequired();
      const rows = (await inChunks(ids, (some) =>
        strapi.db.query(UP_USER).findMany({ where: { id: { $in: some } }, populate: ['role'] }),
      )) as UserRow[];
      return new Map(rows.filter((row) => mayLogIn(row, confirmation)).map((row) => [row.id, row]));
    },
  };
}
