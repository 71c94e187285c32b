import { PLUGIN_ID } from '../constants';
import type { Strapi } from '../types';

interface Row {
  id: number;
  value: string;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * A value in Strapi's store (`plugin_io_<key>`) that several nodes change: each change begins with
 * what the one before has left, whichever node that came from.
 */
export function createSharedRow(strapi: Strapi, key: string) {
  const rows = () => strapi.db.query('strapi::core-store');
  const where = { key: `plugin_${PLUGIN_ID}_${key}`, environment: null, tag: null };

  /** The table has nothing unique: should two nodes ever make the row at once, the first is the one. */
  const find = async (): Promise<Row | null> =>
    (await rows().findOne({ where, orderBy: { id: 'asc' } })) as Row | null;

  const findOrCreate = async (): Promise<Row> => {
    const found = await find();
    if (found !== null) return found;
    await rows().create({ data: { ...where, value: '{}', type: 'object' } });
    return (await find()) as Row;
  };

  return {
    /** What is stored; `{}` at first. */
    async read(): Promise<unknown> {
      return parse((await findOrCreate()).value);
    },

    /** Stores what `work` makes of what is stored; nothing if it throws. */
    async change<T extends object>(work: (stored: unknown) => T | Promise<T>): Promise<T> {
      const { id } = await findOrCreate();
      return strapi.db.transaction(async () => {
        // A write before the read, as that is what makes others wait, on every database alike.
        await rows().updateMany({ where: { id }, data: { key: where.key } });
        const row = (await rows().findOne({ where: { id } })) as Row;
        const next = await work(parse(row.value));
        await rows().updateMany({
          where: { id },
          data: { value: JSON.stringify(next), type: 'object' },
        });
        return next;
      });
    },
  };
}
