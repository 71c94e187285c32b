/** What the whole page knows besides the values, which are in Strapi's form. */
import { createContext, type MutableRefObject, useContext } from 'react';

import type {
  GetContentTypes,
  GetRoles,
  InvalidInput,
} from '../../../../shared/contracts/settings';
import type { SettingSource } from '../../../../shared/settings';

export type ContentType = GetContentTypes['Response']['data'][number];

interface SettingsPage {
  /** May not change anything, or is saving. */
  readOnly: boolean;
  sources: Record<string, SettingSource>;
  contentTypes: readonly ContentType[];
  roles: GetRoles['Response']['data'];
  /** What the server refused, until it is edited. */
  issues: readonly InvalidInput[];
  /** Forgets the issues within a setting. */
  settle: (path: string) => void;
  /** The setting that takes the focus when it is next shown. */
  focusTarget: MutableRefObject<string | null>;
}

const Context = createContext<SettingsPage | null>(null);

export const SettingsPageProvider = Context.Provider;

export function useSettingsPage(): SettingsPage {
  const page = useContext(Context);
  if (page === null) throw new Error('plugin io: a setting is shown outside of the settings page');
  return page;
}
