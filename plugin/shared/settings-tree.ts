import type { DeepPartial } from './settings';

type Tree = Record<string, unknown>;

/** Settings whose keys the user makes up: each of their entries is a value of its own. */
const RECORDS = [
  'contentTypes',
  'events.customEventNames',
  'rooms.autoJoinByRole',
  'rolePermissions',
  'namespaces.list',
] as const;

export type RecordPath = (typeof RECORDS)[number];

export const isRecord = (path: string): boolean => (RECORDS as readonly string[]).includes(path);

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The values of a tree with their paths: `['redis.url', 'redis://…']`. Records are values here. */
export function leaves(tree: object, prefix = ''): Array<[path: string, value: unknown]> {
  return Object.entries(tree).flatMap(([key, value]): Array<[string, unknown]> => {
    const path = `${prefix}${key}`;
    if (value === undefined) return [];
    return isTree(value) && !isRecord(path) ? leaves(value, `${path}.`) : [[path, value]];
  });
}

export function valueAt(tree: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isTree(value) ? value[key] : undefined), tree);
}

/** Sets a value of {@link leaves}; its path is one of ours and never the user's. */
export function setAt(tree: object, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce<Tree>((node, key) => {
    const child = node[key];
    if (isTree(child)) return child;
    const made: Tree = {};
    node[key] = made;
    return made;
  }, tree as Tree);
  parent[last] = value;
}

/** The later layers win; records are joined by entry, arrays and entries are taken whole. */
export function layer<T extends object>(base: T, ...layers: Array<DeepPartial<T>>): T {
  const result = structuredClone(base);
  for (const one of layers) {
    for (const [path, value] of leaves(one)) {
      const copy = structuredClone(value);
      const merged = isRecord(path)
        ? { ...(valueAt(result, path) as Tree), ...(copy as Tree) }
        : copy;
      setAt(result, path, merged);
    }
  }
  return result;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
