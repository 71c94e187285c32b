/** Bounds the variables of one query. */
const CHUNK = 500;

/** Reads rows by many ids, with one query for 500 of them at a time. */
export async function inChunks<I, R>(
  ids: readonly I[],
  read: (ids: I[]) => Promise<R[]>,
): Promise<R[]> {
  const rows: R[] = [];
  for (let start = 0; start < ids.length; start += CHUNK) {
    rows.push(...(await read(ids.slice(start, start + CHUNK))));
  }
  return rows;
}
