import { isDeepStrictEqual } from 'node:util';

import {
  DEFAULT_SETTINGS,
  RESTART_SETTINGS,
  type Settings,
  type SettingSource,
  type SettingsPatch,
} from '../../shared/settings';
import { deepFreeze, isRecord, layer, leaves, setAt, valueAt } from '../../shared/settings-tree';
import { settingsFromFile } from '../config/from-file';
import { formatValue } from '../config/messages';
import { PLUGIN_ID } from '../constants';
import { withoutOldKeys } from '../settings/old-keys';
import type { ServiceContext, SettingsUpdate } from '../types';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { createSharedRow } from '../utils/shared-row';
import { describeError, toError } from '../utils/to-error';
import { InvalidInput, type Issue } from '../validation/invalid-input';
import { parsePatch, validatePatch } from '../validation/settings';

type Listener = (settings: Settings, changed: string[]) => void;

const STORE_KEY = 'settings';

/** What nodes tell each other: the stored settings are others now. */
const SETTINGS_CHANGED = 'settings';

/** The settings in force: config/plugins, then what the panel stored, then the defaults. */
export function createSettingsService({ strapi }: ServiceContext) {
  const raw: unknown = strapi.config.get(`plugin::${PLUGIN_ID}`);
  const file = settingsFromFile(getService(strapi, 'options').config, raw);
  const row = createSharedRow(strapi, STORE_KEY);
  const listeners = new Set<Listener>();
  let stored: SettingsPatch = {};
  let effective: Settings = deepFreeze(layer<Settings>(DEFAULT_SETTINGS, file));
  let booted = effective;
  let changedAt = 0;
  let working: Promise<unknown> = Promise.resolve();

  const parseStored = (value: unknown): SettingsPatch => {
    try {
      return parsePatch(value);
    } catch (error) {
      // Half of a security setting may be no security: closed until somebody has looked at it.
      strapi.log.error(
        `plugin io: the stored settings are invalid, so connections are refused until they are saved again: ${toError(error).message}`,
      );
      return { enabled: false };
    }
  };

  const inForce = (patch: SettingsPatch): Settings =>
    deepFreeze(layer<Settings>(DEFAULT_SETTINGS, patch, file));

  const apply = (next: SettingsPatch): string[] => {
    const before = effective;
    stored = next;
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

  /** Only what says something new is stored: the rest keeps following the file and the defaults. */
  const merged = (before: SettingsPatch, patch: SettingsPatch): SettingsPatch => {
    const next = structuredClone(before);
    const settings = inForce(before);
    for (const [path, value] of leaves(patch)) {
      const own = ownEntries(path, value);
      const current = ownEntries(path, valueAt(settings, path));
      if (!isDeepStrictEqual(own, current)) setAt(next, path, own);
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
      apply(parseStored(await row.read()));
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
  const accepted = (before: SettingsPatch, input: unknown): SettingsPatch => {
    const exists = (uid: string): boolean => findContentType(strapi, uid) !== undefined;
    const patch = validatePatch(input, inForce(before), exists);
    const locked = lockedIssues(patch);
    if (locked.length > 0) throw new InvalidInput(locked);
    return merged(before, patch);
  };

  const write = async (input: unknown): Promise<SettingsUpdate> => {
    // Another node may have stored something that it could not tell.
    let before = stored;
    const next = await row.change((value) => {
      before = parseStored(value);
      return accepted(before, input);
    });
    apply(before);
    const paths = apply(next);
    tellOthers();
    return { settings: effective, changed: paths, restartRequired: restartRequired() };
  };

  return {
    /** The settings in force. Frozen: they change by `update` alone, here or on another node. */
    current: (): Settings => effective,

    /** When they changed last, milliseconds since the epoch. */
    changedAt: (): number => changedAt,

    restartRequired,

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
      const cluster = getService(strapi, 'cluster');
      cluster.handle(SETTINGS_CHANGED, reload);
      cluster.onReached(reload);
    },

    /** A copy of the settings in force, which the caller may change and give to `setSettings`. */
    getSettings: (): Promise<Settings> => Promise.resolve(structuredClone(effective)),

    /** As `update`, for code written for version 5.0. Returns a copy of the settings in force afterwards. */
    async setSettings(patch: unknown): Promise<Settings> {
      const { settings } = await inTurn(() => write(withoutOldKeys(patch)));
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
