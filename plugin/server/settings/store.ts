import { PLUGIN_ID, UP_ROLE } from '../constants';
import type { Strapi } from '../types';
import { isObject } from '../utils/is-object';
import { createSharedRow } from '../utils/shared-row';
import { convertFrom5_0, isFrom5_0, type Role } from './convert-5-0';

const STORE_KEY = 'settings';

/** Where the settings of 5.0.x are kept as they were, for a way back. */
export const ORIGINAL_KEY = 'settings_5_0';

/** Where a value that is no settings at all is kept when settings take its place. */
const UNREADABLE_KEY = 'settings_unreadable';

type Tree = Record<string, unknown>;

/**
 * The stored settings as they are in Strapi's store, whatever they are. Those of 5.0.x are converted
 * once, by the first node that meets them.
 */
export function createSettingsStore(strapi: Strapi) {
  const row = createSharedRow(strapi, STORE_KEY);

  const roles = async (): Promise<Role[]> =>
    strapi.plugin('users-permissions') === undefined
      ? []
      : ((await strapi.db.query(UP_ROLE).findMany({ select: ['name', 'type'] })) as Role[]);

  const keep = (key: string, value: object): Promise<object> =>
    createSharedRow(strapi, key).change(() => value);

  const say = (notes: string[]): void => {
    strapi.log.info(
      `plugin io: the settings of version 5.0.x were converted; the original is kept in the store under plugin_${PLUGIN_ID}_${ORIGINAL_KEY}`,
    );
    for (const note of notes) strapi.log.warn(`plugin io: settings of version 5.0.x: ${note}`);
  };

  /** Stores what `work` makes of what is stored. All in one transaction: other nodes wait. */
  const change = async (work: (stored: unknown) => Tree): Promise<Tree> => {
    let converted: string[] | null = null;
    const next = await row.change(async (value) => {
      converted = null;
      if (!isFrom5_0(value)) {
        const result = work(value);
        if (!isObject(value)) await keep(UNREADABLE_KEY, { value });
        return result;
      }
      const { settings, notes } = convertFrom5_0(value, await roles());
      const result = work(settings);
      await keep(ORIGINAL_KEY, value);
      converted = notes;
      return result;
    });
    if (converted !== null) say(converted);
    return next;
  };

  return {
    async read(): Promise<unknown> {
      const value = await row.read();
      return isFrom5_0(value) ? change((settings) => settings as Tree) : value;
    },

    change,
  };
}
