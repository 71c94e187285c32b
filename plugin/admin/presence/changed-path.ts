const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * The path at which two states of a form differ, `seo.title` or `links.0.url`; null if nowhere. The
 * deepest one that holds the whole difference: what has not changed is the same object.
 */
export function changedPath(before: unknown, after: unknown): string | null {
  if (Object.is(before, after)) return null;
  const path: string[] = [];
  let pair = [before, after];
  for (;;) {
    const [old, now] = pair;
    if (!isNested(old) || !isNested(now) || Array.isArray(old) !== Array.isArray(now)) break;
    const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
    const changed = [...keys].filter((key) => !Object.is(old[key], now[key]));
    if (changed.length !== 1) break;
    path.push(changed[0]);
    pair = [old[changed[0]], now[changed[0]]];
  }
  return path.join('.');
}
