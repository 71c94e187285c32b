import { isDeepStrictEqual } from 'node:util';

import {
  DEFAULT_SETTINGS,
  RESTART_SETTINGS,
  type Settings,
  type SettingSource,
  type SettingsPatch,
} from '../../shared/settings';
import type { SettingsNotice } from '../../shared/contracts/settings';
import { deepFreeze, isRecord, layer, leaves, setAt, valueAt } from '../../shared/settings-tree';
import { settingsFromFile } from '../config/from-file';
import { formatValue } from '../config/messages';
import { PLUGIN_ID } from '../constants';
import { oldKeysIn, withoutOldKeys } from '../settings/old-keys';
import { type Problem, readStored } from '../settings/read-stored';
import { createSettingsStore } from '../settings/store';
import type { ServiceContext, SettingsUpdate } from '../types';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { isObject } from '../utils/is-object';
import { describeError } from '../utils/to-error';
import { InvalidInput, type Issue } from '../validation/invalid-input';
import { unknownTypes, validatePatch } from '../validation/settings';

type Listener = (settings: Settings, changed: string[]) => void;

/** What nodes tell each other: the stored settings are others now. */
const SETTINGS_CHANGED = 'settings';

/** The settings in force: config/plugins, then what the panel stored, then the defaults. */
export function createSettingsService({ strapi }: ServiceContext) {
  const raw: unknown = strapi.config.get(`plugin::${PLUGIN_ID}`);
  const file = settingsFromFile(getService(strapi, 'options').config, raw);
  const store = createSettingsStore(strapi);
  const listeners = new Set<Listener>();
  let stored: SettingsPatch = {};
  let problems: Problem[] = [];
  let effective: Settings = deepFreeze(layer<Settings>(DEFAULT_SETTINGS, file));
  let booted = effective;
  let changedAt = 0;
  let working: Promise<unknown> = Promise.resolve();

  /** Said once each, however often the settings are read. */
  const logged = new Set<string>();

  const log = (problems: readonly Problem[]): void => {
    for (const { message } of problems.filter((one) => !logged.has(one.message))) {
      logged.add(message);
      strapi.log.error(`plugin io: stored settings: ${message}`);
    }
  };

  const inForce = (patch: SettingsPatch): Settings =>
    deepFreeze(layer<Settings>(DEFAULT_SETTINGS, patch, file));

  const apply = (value: unknown): string[] => {
    const before = effective;
    const read = readStored(value);
    stored = read.patch;
    problems = read.problems;
    log(problems);
    effective = inForce(stored);
    const changed = leaves(effective)
      .filter(([path, value]) => !isDeepStrictEqual(value, valueAt(before, path)))
      .map(([path]) => path);
    if (changed.length === 0) return changed;
    changedAt = Date.now();
    for (const listener of [...listeners]) {
      try {
        listener(effective, changed);
      } catch (error) {
        strapi.log.error(`plugin io: a changed setting did not apply: ${describeError(error)}`);
      }
    }
    return changed;
  };

  /** What the file decides cannot be decided elsewhere; saying the same is fine. */
  const lockedIssues = (patch: SettingsPatch): Issue[] =>
    leaves(patch).flatMap(([path, value]): Issue[] => {
      const fixed = valueAt(file, path);
      if (fixed === undefined) return [];
      const locked = (place: string, one: unknown, other: unknown): Issue[] =>
        other === undefined || isDeepStrictEqual(one, other)
          ? []
          : [
              {
                path: place,
                message: `${place} ${formatValue(one)} cannot be set: config/plugins says ${formatValue(other)}`,
              },
            ];
      if (!isRecord(path)) return locked(path, value, fixed);
      return Object.entries(value as object).flatMap(([key, entry]) =>
        locked(`${path}.${key}`, entry, (fixed as Record<string, unknown>)[key]),
      );
    });

  /** Of a record, what the file does not say already. */
  const ownEntries = (path: string, value: unknown): unknown => {
    const fixed = valueAt(file, path) ?? {};
    return isRecord(path)
      ? Object.fromEntries(
          Object.entries(value as object).filter(([key]) => !Object.hasOwn(fixed, key)),
        )
      : value;
  };

  /** The entries of a record that a change leaves alone stay as they are stored, readable or not. */
  const withStoredEntries = (own: unknown, current: unknown, kept: unknown): object => {
    const [mine, before, rows] = [own, current, kept].map((one) => (isObject(one) ? one : {}));
    const unread = Object.entries(rows).filter(([key]) => !Object.hasOwn(before, key));
    const entries = Object.entries(mine).map(([key, value]): [string, unknown] =>
      isDeepStrictEqual(value, before[key]) && Object.hasOwn(rows, key)
        ? [key, rows[key]]
        : [key, value],
    );
    return Object.fromEntries([...unread, ...entries]);
  };

  /**
   * Only what says something new is stored: the rest keeps following the file and the defaults. What
   * is stored and could not be read stays stored until something is saved in its place.
   */
  const merged = (value: unknown, read: SettingsPatch, patch: SettingsPatch): object => {
    const next: object = isObject(value) ? structuredClone(value) : {};
    const settings = inForce(read);
    for (const [path, given] of leaves(patch)) {
      const own = ownEntries(path, given);
      const current = ownEntries(path, valueAt(settings, path));
      if (isDeepStrictEqual(own, current)) continue;
      setAt(
        next,
        path,
        isRecord(path) ? withStoredEntries(own, current, valueAt(next, path)) : own,
      );
    }
    return next;
  };

  const restartRequired = (): string[] =>
    RESTART_SETTINGS.filter(
      (path) => !isDeepStrictEqual(valueAt(effective, path), valueAt(booted, path)),
    );

  /** One after the other: what was read first must not be applied last. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = working.then(work);
    working = done.catch(() => undefined);
    return done;
  };

  const reload = (): Promise<void> =>
    inTurn(async () => {
      apply(await store.read());
    });

  /** The settings are stored: what fails here must not fail the update. */
  const tellOthers = (): void => {
    try {
      getService(strapi, 'cluster').tell(SETTINGS_CHANGED, []);
    } catch (error) {
      strapi.log.error(
        `plugin io: other nodes were not told that the settings have changed: ${describeError(error)}`,
      );
    }
  };

  /** What becomes of the stored settings. Throws {@link InvalidInput}. */
  const accepted = (value: unknown, input: unknown): Record<string, unknown> => {
    const before = readStored(value).patch;
    const exists = (uid: string): boolean => findContentType(strapi, uid) !== undefined;
    const patch = validatePatch(input, inForce(before), exists);
    const locked = lockedIssues(patch);
    if (locked.length > 0) throw new InvalidInput(locked);
    return merged(value, before, patch) as Record<string, unknown>;
  };

  const write = async (input: unknown): Promise<SettingsUpdate> => {
    // Another node may have stored something that it could not tell.
    let before: unknown = {};
    const next = await store.change((value) => {
      before = value;
      return accepted(value, input);
    });
    apply(before);
    const paths = apply(next);
    tellOthers();
    return { settings: effective, changed: paths, restartRequired: restartRequired() };
  };

  /** Content types that the settings name and the application does not have; the file's own list apart. */
  const missingTypes = (): SettingsNotice[] => {
    const named = getService(strapi, 'options').config.contentTypes.map(({ uid }) => uid);
    return unknownTypes(effective, Object.keys(strapi.contentTypes))
      .filter(({ path, uid }) => path !== 'contentTypes' || !named.includes(uid))
      .map(({ path, uid, message }) => ({
        source: path === 'contentTypes' || valueAt(file, path) === undefined ? 'stored' : 'file',
        path: `${path}.${uid}`,
        message,
      }));
  };

  /** Settings as code for version 5.0 gives them. */
  const fromOldCode = (patch: unknown): unknown => {
    if (!isObject(patch)) return patch;
    for (const key of oldKeysIn(patch).corsKeys) {
      strapi.log.warn(
        `plugin io: setSettings: cors.${key} is ignored: use socket.serverOptions.cors in config/plugins`,
      );
    }
    return withoutOldKeys(patch);
  };

  return {
    /** The settings in force. Frozen: they change by `update` alone, here or on another node. */
    current: (): Settings => effective,

    /** When they changed last, milliseconds since the epoch. */
    changedAt: (): number => changedAt,

    restartRequired,

    /** What is stored or written in config/plugins and is not in force, with the reason. */
    notices: (): SettingsNotice[] => [
      ...getService(strapi, 'options').notices(),
      ...problems.map((problem): SettingsNotice => ({ source: 'stored', ...problem })),
      ...missingTypes(),
    ],

    /** Where each value comes from, by path; entries of a record have their own (`contentTypes.api::a.a`). */
    sources(): Record<string, SettingSource> {
      const sourceOf = (path: string, key?: string): SettingSource => {
        const says = (tree: object): boolean => {
          const value = valueAt(tree, path);
          return key === undefined ? value !== undefined : Object.hasOwn(value ?? {}, key);
        };
        if (says(file) && (key !== undefined || !isRecord(path))) return 'file';
        return says(stored) ? 'panel' : 'default';
      };
      return Object.fromEntries(
        leaves(effective).flatMap(([path, value]): Array<[string, SettingSource]> => [
          [path, sourceOf(path)],
          ...(isRecord(path)
            ? Object.keys(value as object).map((key): [string, SettingSource] => [
                `${path}.${key}`,
                sourceOf(path, key),
              ])
            : []),
        ]),
      );
    },

    /** Calls back after each change, until the returned function is called. */
    onChange: (listener: Listener): (() => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    /** Reads what is stored, and again when other nodes store something; in `bootstrap`, before anything asks. */
    async load(): Promise<void> {
      await reload();
      booted = effective;
      for (const { message } of missingTypes()) strapi.log.error(`plugin io: ${message}`);
      const cluster = getService(strapi, 'cluster');
      cluster.handle(SETTINGS_CHANGED, reload);
      cluster.onReached(reload);
    },

    /** A copy of the settings in force, which the caller may change and give to `setSettings`. */
    getSettings: (): Promise<Settings> => Promise.resolve(structuredClone(effective)),

    /** As `update`, for code written for version 5.0. Returns a copy of the settings in force afterwards. */
    async setSettings(patch: unknown): Promise<Settings> {
      const { settings } = await inTurn(() => write(fromOldCode(patch)));
      return structuredClone(settings);
    },

    getDefaultSettings: (): Settings => structuredClone(DEFAULT_SETTINGS),

    /** Reads what is stored, which may have been changed past this plugin. */
    reload,

    /** Checks, stores and applies a part of the settings, or throws {@link InvalidInput}. */
    update: (patch: unknown): Promise<SettingsUpdate> => inTurn(() => write(patch)),

    /** Resolves when nothing reads or writes the store any more. */
    async idle(): Promise<void> {
      await working;
    },
  };
}

export type SettingsService = ReturnType<typeof createSettingsService>;
