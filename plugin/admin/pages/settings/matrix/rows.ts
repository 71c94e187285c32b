import type { ContentType } from '../state/context';
import type { Action, Cells, Row } from './types';

interface RowOptions<A extends Action> {
  contentTypes: readonly ContentType[];
  actions: readonly A[];
  /** What the setting says, by uid. */
  entries: Record<string, Cells<A>>;
  /** What it means to say nothing about a content type. */
  unsaid: boolean;
  isLocked: (uid: string) => boolean;
}

const PUBLISHED_LIFE: readonly Action[] = ['publish', 'unpublish'];

/** A row for each content type, and for those that the setting names although they are gone. */
export function matrixRows<A extends Action>(options: RowOptions<A>): Array<Row<A>> {
  const { contentTypes, actions, entries, unsaid, isLocked } = options;
  const blank = cellsOf(actions, () => unsaid);
  const known = new Set(contentTypes.map(({ uid }) => uid));
  const row = (uid: string, name: string, missing: readonly A[]): Row<A> => ({
    uid,
    name,
    cells: entries[uid] ?? blank,
    missing,
    locked: isLocked(uid),
    gone: !known.has(uid),
  });
  return [
    ...contentTypes.map(({ uid, displayName, draftAndPublish }) =>
      row(
        uid,
        displayName,
        draftAndPublish ? [] : actions.filter((action) => PUBLISHED_LIFE.includes(action)),
      ),
    ),
    ...Object.keys(entries)
      .filter((uid) => !known.has(uid))
      .map((uid) => row(uid, uid, [])),
  ].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

export const cellsOf = <A extends Action>(
  actions: readonly A[],
  value: (action: A) => boolean,
): Cells<A> => Object.fromEntries(actions.map((action) => [action, value(action)])) as Cells<A>;

/** The entries after rows have changed; those that say nothing are left out. */
export function withCells<A extends Action>(
  entries: Record<string, Cells<A>>,
  changes: ReadonlyArray<[uid: string, cells: Cells<A>]>,
  unsaid: boolean,
): Record<string, Cells<A>> {
  const next = { ...entries };
  for (const [uid, cells] of changes) {
    if (Object.values(cells).every((value) => value === unsaid)) delete next[uid];
    else next[uid] = cells;
  }
  return next;
}
