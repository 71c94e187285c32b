/** Settings as version 5.0.x of the plugin stored them (under the key this version uses), in today's shape. */
import { DEFAULT_SETTINGS } from '../../shared/settings';
import { isRecord, leaves, valueAt } from '../../shared/settings-tree';
import { isObject } from '../utils/is-object';
import { oldKeysIn, withoutOldKeys } from './old-keys';
import { isDeepStrictEqual } from 'node:util';

type Tree = Record<string, unknown>;

/** A role of the users-permissions plugin. */
export interface Role {
  name: string;
  type: string;
}

export interface Conversion {
  settings: Tree;
  /** What has no equivalent, or means something else now: one line each. */
  notes: string[];
}

/** The actions that 5.0.x knew. */
const ACTIONS = ['create', 'update', 'delete'] as const;

const objectAt = (tree: Tree, key: string): Tree => (isObject(tree[key]) ? tree[key] : {});

const objectsIn = (tree: Tree): Tree[] => Object.values(tree).filter(isObject);

/**
 * Whether 5.0.x stored these settings: it always stored all of its own, among them keys and values
 * that this version never stores.
 */
export function isFrom5_0(stored: unknown): stored is Tree {
  if (!isObject(stored)) return false;
  const { middleware, customEventNames, roleKeys } = oldKeysIn(stored);
  return (
    middleware ||
    customEventNames !== undefined ||
    roleKeys.length > 0 ||
    Array.isArray(stored.contentTypes) ||
    objectsIn(objectAt(stored, 'contentTypes')).some((type) => Object.hasOwn(type, 'config'))
  );
}

/** The content types of which some role was to receive something: 5.0.x watched no others. */
function watchedTypes(stored: Tree): Map<string, Set<string>> {
  const watched = new Map<string, Set<string>>();
  const add = (uid: string, actions: unknown): void => {
    if (!isObject(actions)) return;
    const enabled = ACTIONS.filter((action) => actions[action] === true);
    if (enabled.length === 0) return;
    watched.set(uid, new Set([...(watched.get(uid) ?? []), ...enabled]));
  };
  for (const role of objectsIn(objectAt(stored, 'rolePermissions'))) {
    for (const [uid, actions] of Object.entries(objectAt(role, 'contentTypes'))) add(uid, actions);
  }
  return watched;
}

/** The content types to watch: those of the roles, and those listed apart from them. */
function contentTypesOf(stored: Tree, watched: Map<string, Set<string>>): Tree {
  const listed = Array.isArray(stored.contentTypes)
    ? stored.contentTypes
        .filter((uid): uid is string => typeof uid === 'string')
        .map((uid): [string, unknown] => [uid, { create: true, update: true, delete: true }])
    : Object.entries(objectAt(stored, 'contentTypes'));
  const types = listed.map(([uid, value]): [string, unknown] => {
    if (!isObject(value)) return [uid, value];
    const actions = ACTIONS.map((action) => [action, value[action] ?? false]);
    return [uid, Object.fromEntries(actions)];
  });
  const all: Tree = Object.fromEntries(types);
  for (const [uid, actions] of watched) {
    const own = objectAt(all, uid);
    all[uid] = Object.fromEntries(
      ACTIONS.map((action) => [action, actions.has(action) || own[action] === true]),
    );
  }
  return all;
}

/**
 * What a role may receive. 5.0.x listed what was switched on; today a role receives what is not
 * switched off.
 */
function typesOfRole(contentTypes: unknown, watched: Iterable<string>): unknown {
  if (contentTypes !== undefined && contentTypes !== null && !isObject(contentTypes)) {
    return contentTypes;
  }
  const listed = contentTypes ?? {};
  const uids = new Set([...watched, ...Object.keys(listed)]);
  return Object.fromEntries(
    [...uids].map((uid) => {
      const actions = listed[uid] ?? {};
      if (!isObject(actions)) return [uid, actions];
      return [uid, Object.fromEntries(ACTIONS.map((action) => [action, actions[action] ?? false]))];
    }),
  );
}

/** Roles without an entry of their own were treated like `authenticated`, else like `public`. */
function roleRules(settings: Tree, watched: Iterable<string>, roles: readonly Role[]): Tree {
  const uids = [...watched];
  const rules: Tree = {};
  for (const [role, value] of Object.entries(objectAt(settings, 'rolePermissions'))) {
    if (!isObject(value)) {
      rules[role] = value;
      continue;
    }
    rules[role] = { ...value, contentTypes: typesOfRole(value.contentTypes, uids) };
  }
  const authenticated = isObject(rules.authenticated) ? rules.authenticated : undefined;
  const fallback = authenticated ?? (isObject(rules.public) ? rules.public : {});
  const hasEntry = ({ name, type }: Role): boolean =>
    Object.keys(rules).some((key) =>
      [name, type].some((own) => own.toLowerCase() === key.toLowerCase()),
    );
  for (const role of roles.filter((one) => !hasEntry(one))) {
    const isPublic = role.type === 'public';
    const canConnect = isPublic ? true : (authenticated?.canConnect ?? true);
    const types = isPublic ? undefined : fallback.contentTypes;
    const contentTypes = typesOfRole(types, uids);
    if (canConnect === true && Object.keys(contentTypes as object).length === 0) continue;
    rules[role.type] = structuredClone({ canConnect, contentTypes });
  }
  return rules;
}

/** 5.0.x read 0 as the default of the setting; today it is "no limit", or refused. */
const ZEROS: Record<string, Record<string, number | undefined>> = {
  connection: {
    maxConnections: 1000,
    pingTimeout: undefined,
    pingInterval: undefined,
    connectionTimeout: undefined,
  },
  entitySubscriptions: { maxSubscriptionsPerSocket: 100 },
  monitoring: { maxEventLogSize: 100 },
};

function withoutZeros(group: string, values: unknown): unknown {
  if (!isObject(values)) return values;
  const entries = Object.entries(values).map(([key, value]): [string, unknown] =>
    value === 0 && Object.hasOwn(ZEROS[group], key) ? [key, ZEROS[group][key]] : [key, value],
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function rateLimitOf(rateLimiting: unknown): unknown {
  if (!isObject(rateLimiting)) return rateLimiting;
  const { maxEventsPerSecond } = rateLimiting;
  return {
    // 5.0.x had no limit by address.
    maxConnectionsPerIp: 0,
    ...rateLimiting,
    ...(maxEventsPerSecond === 0 ? { maxEventsPerSecond: 10 } : {}),
  };
}

/** Only what differs from the defaults is stored: the rest keeps following the file and the defaults. */
function withoutDefaults(settings: Tree): Tree {
  const result = structuredClone(settings);
  for (const [path, value] of leaves(settings)) {
    // A key with a dot in it is no path.
    if (value !== valueAt(settings, path)) continue;
    if (!isDeepStrictEqual(value, valueAt(DEFAULT_SETTINGS, path))) continue;
    const keys = path.split('.');
    const parent = keys.slice(0, -1).reduce((node, key) => node[key] as Tree, result);
    Reflect.deleteProperty(parent, keys[keys.length - 1]);
  }
  return Object.fromEntries(
    Object.entries(result).filter(
      ([key, value]) => isRecord(key) || !isObject(value) || Object.keys(value).length > 0,
    ),
  );
}

function notesOn(stored: Tree): string[] {
  const events = objectAt(stored, 'events');
  const { middleware, customEventNames, corsKeys, roleKeys } = oldKeysIn(stored);
  const notes: Array<[applies: boolean, text: string]> = [
    [
      roleKeys.length > 0,
      `rolePermissions.*.${roleKeys.join(', rolePermissions.*.')} had no effect and has no equivalent: CORS is set in socket.serverOptions.cors`,
    ],
    [
      corsKeys.length > 0,
      `cors.${corsKeys.join(', cors.')} has no equivalent in the settings: use socket.serverOptions.cors`,
    ],
    [
      middleware,
      'middleware had no effect and has no equivalent: use io.server.use() in hooks.init',
    ],
    [
      customEventNames === true,
      'events.customEventNames was a switch without effect; it is a list of event names now, and stays empty',
    ],
    [
      events.onlyPublished === false,
      'events.onlyPublished is false, as before: draft edits are sent to clients',
    ],
    [
      events.includeRelations === true,
      'events.includeRelations is true and takes effect now: events hold relations that the recipient may read',
    ],
    [
      Array.isArray(events.excludeFields) && events.excludeFields.length > 0,
      'events.excludeFields takes effect now: these fields are not sent any more',
    ],
  ];
  return notes.filter(([applies]) => applies).map(([, text]) => text);
}

/** Values that are malformed stay as they are: whoever reads the settings names them. */
export function convertFrom5_0(stored: Tree, roles: readonly Role[]): Conversion {
  const watched = watchedTypes(stored);
  const settings = withoutOldKeys(stored);
  for (const group of Object.keys(ZEROS)) {
    if (Object.hasOwn(settings, group)) settings[group] = withoutZeros(group, settings[group]);
  }
  if (isObject(settings.security)) {
    const { rateLimiting } = settings.security;
    settings.security = {
      ...settings.security,
      ...(isObject(rateLimiting) ? { rateLimiting: rateLimitOf(rateLimiting) } : {}),
    };
  }
  settings.contentTypes = contentTypesOf(stored, watched);
  if (isObject(settings.rolePermissions)) {
    settings.rolePermissions = roleRules(settings, watched.keys(), roles);
  }
  return { settings: withoutDefaults(settings), notes: notesOn(stored) };
}
