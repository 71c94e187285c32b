import type { Strapi } from '../types';

/** What `createMany` returns. */
export interface InsertResult {
  count: number;
  ids: unknown[];
}

/**
 * The ids of the rows that `createMany` inserted. MySQL and MariaDB tell only the first id of each
 * statement, and Strapi inserts so many rows with one. InnoDB gives the rows of one statement ids
 * that follow each other at a fixed step, whatever others insert meanwhile.
 */
export async function insertedIds(
  strapi: Strapi,
  { count, ids }: InsertResult,
): Promise<unknown[]> {
  if (ids.length === count) return ids;
  const size = strapi.db.dialect.getBatchInsertSize();
  const [rows] = (await strapi.db.connection.raw('select @@auto_increment_increment as step')) as [
    Array<{ step: number }>,
  ];
  const { step } = rows[0];
  return ids.flatMap((first, index) => {
    const length = Math.min(size, count - index * size);
    return Array.from({ length }, (_, offset) => Number(first) + offset * step);
  });
}
