import { useForm } from '@strapi/strapi/admin';

import { DEFAULT_SETTINGS } from '../../../../shared/default-settings';
import { valueAt } from '../../../../shared/settings-tree';
import { isSame } from './changes';
import { useSettingsPage } from './context';
import { isWithin, type SettingPath, type SettingValue } from './paths';

interface Setting<V> {
  value: V;
  /** null stands for a field that was emptied: the server says what it expects. */
  set: (value: V | null) => void;
  /** Nobody may change it here. */
  disabled: boolean;
  /** config/plugins decides. */
  locked: boolean;
  /** Whether config/plugins decides an entry of a record. */
  isEntryLocked: (key: string) => boolean;
  /** Sets it to its default; null if it is that already, or cannot be changed. */
  reset: (() => void) | null;
}

/** One setting of the form. */
export function useSetting<P extends SettingPath>(path: P): Setting<SettingValue<P>> {
  const { readOnly, sources, settle } = useSettingsPage();
  const value = useForm('useSetting', ({ values }) => valueAt(values, path)) as SettingValue<P>;
  const change = useForm('useSetting', ({ onChange }) => onChange);
  const locked = sources[path] === 'file';
  const disabled = readOnly || locked;
  const set = (next: SettingValue<P> | null): void => {
    settle(path);
    change(path, next);
  };
  const byDefault = valueAt(DEFAULT_SETTINGS, path) as SettingValue<P> | null;
  return {
    value,
    set,
    disabled,
    locked,
    isEntryLocked: (key) => sources[`${path}.${key}`] === 'file',
    reset: disabled || isSame(value, byDefault) ? null : () => set(byDefault),
  };
}

/** What the server said about a setting, without the path that the field stands for. */
export function useIssues(path: SettingPath): Array<{ path: string; message: string }> {
  const { issues } = useSettingsPage();
  return issues
    .filter((issue) => isWithin(issue.path, path))
    .map((issue) => ({
      path: issue.path,
      message: issue.message.startsWith(issue.path)
        ? issue.message.slice(issue.path.length).trim()
        : issue.message,
    }));
}
