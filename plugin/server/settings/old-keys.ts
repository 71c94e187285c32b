/** Keys that version 5.0.x of the plugin had in its settings and this version has not. */
import { isObject } from '../utils/is-object';

type Tree = Record<string, unknown>;

/** Of each role. */
export const OLD_ROLE_KEYS = ['allowCredentials', 'allowedMethods'] as const;

/** Of `cors`: what they said is said in `socket.serverOptions.cors`. */
export const OLD_CORS_KEYS = ['methods', 'credentials'] as const;

export const without = (tree: Tree, keys: readonly string[]): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));

/** It was a switch; today it is a record of names. */
const isOldSwitch = (events: Tree): boolean => typeof events.customEventNames === 'boolean';

export function withoutOldKeys(settings: Tree): Tree {
  const rest = without(settings, ['middleware']);
  if (isObject(rest.cors)) rest.cors = without(rest.cors, OLD_CORS_KEYS);
  if (isObject(rest.contentTypes)) {
    rest.contentTypes = Object.fromEntries(
      Object.entries(rest.contentTypes).map(([uid, actions]) => [
        uid,
        isObject(actions) ? without(actions, ['config']) : actions,
      ]),
    );
  }
  if (isObject(rest.events) && isOldSwitch(rest.events)) {
    rest.events = without(rest.events, ['customEventNames']);
  }
  if (isObject(rest.rolePermissions)) {
    rest.rolePermissions = Object.fromEntries(
      Object.entries(rest.rolePermissions).map(([role, rules]) => [
        role,
        isObject(rules) ? without(rules, OLD_ROLE_KEYS) : rules,
      ]),
    );
  }
  return rest;
}

/** What of these keys is in settings of version 5.0.x. */
export function oldKeysIn(settings: Tree): {
  middleware: boolean;
  customEventNames: unknown;
  corsKeys: string[];
  roleKeys: string[];
} {
  const { rolePermissions, events } = settings;
  const cors = isObject(settings.cors) ? settings.cors : {};
  const roles = isObject(rolePermissions) ? Object.values(rolePermissions).filter(isObject) : [];
  return {
    middleware: Object.hasOwn(settings, 'middleware'),
    customEventNames: isObject(events) && isOldSwitch(events) ? events.customEventNames : undefined,
    corsKeys: OLD_CORS_KEYS.filter((key) => Object.hasOwn(cors, key)),
    roleKeys: OLD_ROLE_KEYS.filter((key) => roles.some((role) => Object.hasOwn(role, key))),
  };
}
