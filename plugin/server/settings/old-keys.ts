import { isObject } from '../utils/is-object';

type Tree = Record<string, unknown>;

/** Keys of version 5.0 that had no effect, per role. */
const ROLE_KEYS = new Set(['allowCredentials', 'allowedMethods']);

const without = (tree: Tree, isOld: (key: string, value: unknown) => boolean): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key, value]) => !isOld(key, value)));

/** Settings that code written for version 5.0 gives, without the keys that had no effect there. */
export function withoutOldKeys(settings: unknown): unknown {
  if (!isObject(settings)) return settings;
  const rest = without(settings, (key) => key === 'middleware');
  if (isObject(rest.events)) {
    rest.events = without(
      rest.events,
      (key, value) => key === 'customEventNames' && typeof value === 'boolean',
    );
  }
  if (isObject(rest.rolePermissions)) {
    rest.rolePermissions = Object.fromEntries(
      Object.entries(rest.rolePermissions).map(([role, rules]) => [
        role,
        isObject(rules) ? without(rules, (key) => ROLE_KEYS.has(key)) : rules,
      ]),
    );
  }
  return rest;
}
