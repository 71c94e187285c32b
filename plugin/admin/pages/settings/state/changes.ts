import type { Settings, SettingsPatch } from '../../../../shared/settings';
import { leaves, setAt, valueAt } from '../../../../shared/settings-tree';

/** Whether two JSON values say the same. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(valueOf(a, key), valueOf(b, key)))
  );
}

const valueOf = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];

/** What to send: only what was changed here, so that what others change meanwhile stays. */
export function changesBetween(before: Settings, after: Settings): SettingsPatch {
  const patch: SettingsPatch = {};
  for (const [path, value] of leaves(after)) {
    if (!isSame(value, valueAt(before, path))) setAt(patch, path, value);
  }
  return patch;
}
