/** The settings by path: which there are, of which type, and in which section of the page. */
import type { Settings } from '../../../../shared/settings';
import type { RecordPath } from '../../../../shared/settings-tree';

type Leaves<T, Prefix extends string = ''> = {
  [K in keyof T & string]: `${Prefix}${K}` extends RecordPath
    ? [`${Prefix}${K}`, T[K]]
    : T[K] extends readonly unknown[]
      ? [`${Prefix}${K}`, T[K]]
      : T[K] extends object
        ? Leaves<T[K], `${Prefix}${K}.`>
        : [`${Prefix}${K}`, T[K]];
}[keyof T & string];

export type SettingPath = Leaves<Settings>[0];

export type SettingValue<P extends SettingPath> = Extract<Leaves<Settings>, [P, unknown]>[1];

/** The settings of a type: `PathsOf<boolean>`. */
export type PathsOf<V> = Extract<Leaves<Settings>, [SettingPath, V]>[0];

export const SECTIONS = [
  'general',
  'contentTypes',
  'events',
  'security',
  'rooms',
  'presence',
  'monitoring',
  'advanced',
] as const;

export type Section = (typeof SECTIONS)[number];

/** By group: a setting is shown in the section of its group. */
const SECTION_OF: Record<keyof Settings, Section> = {
  enabled: 'general',
  cors: 'general',
  connection: 'general',
  contentTypes: 'contentTypes',
  rolePermissions: 'contentTypes',
  events: 'events',
  security: 'security',
  rooms: 'rooms',
  presence: 'presence',
  monitoring: 'monitoring',
  namespaces: 'advanced',
  redis: 'advanced',
  entitySubscriptions: 'advanced',
};

/** Whether `path` is a setting or a place within one: `cors.origins[0]` is within `cors.origins`. */
export const isWithin = (path: string, setting: string): boolean =>
  path === setting || path.startsWith(`${setting}.`) || path.startsWith(`${setting}[`);

/** The section in which a place of the settings is shown; undefined for none of them. */
export const sectionOf = (path: string): Section | undefined =>
  Object.entries(SECTION_OF).find(([group]) => isWithin(path, group))?.[1];
