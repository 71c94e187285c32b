import { useNotification } from '@strapi/strapi/admin';

import type { InvalidInput } from '../../../../shared/contracts/settings';
import type { Settings } from '../../../../shared/settings';
import { useTranslate } from '../../../utils/translations';
import { useUpdateIoSettingsMutation } from '../../../api/settings';
import { changesBetween } from './changes';
import { issuesOf, useErrorText } from '../../../utils/use-error-text';
import { useSettingNames } from './use-setting-names';

/** Sends what was changed, and tells what became of it. Resolves with what was refused. */
export function useSave(initial: Settings): (values: Settings) => Promise<InvalidInput[]> {
  const t = useTranslate();
  const namesOf = useSettingNames();
  const { toggleNotification } = useNotification();
  const errorText = useErrorText();
  const [update] = useUpdateIoSettingsMutation();

  const tell = (changed: string[], restartRequired: string[]): void => {
    const waiting = changed.filter((path) => restartRequired.includes(path));
    const applied = changed.filter((path) => !waiting.includes(path));
    const parts = [
      applied.length > 0 && t('settings.saved.applied', { settings: namesOf(applied) }),
      waiting.length > 0 && t('settings.saved.waiting', { settings: namesOf(waiting) }),
    ];
    toggleNotification({
      type: waiting.length > 0 ? 'warning' : 'success',
      title: t('settings.saved.title'),
      message: parts.filter(Boolean).join(' '),
      // Time to read all of it.
      timeout: 8000,
    });
  };

  return async (values) => {
    const result = await update(changesBetween(initial, values));
    if (!('error' in result)) {
      tell(result.data.changed, result.data.restartRequired);
      return [];
    }
    const issues = issuesOf(result.error);
    toggleNotification({
      type: 'danger',
      title: t('settings.refused.title'),
      message:
        issues.length > 0
          ? t('settings.refused.message', { count: issues.length })
          : errorText(result.error),
    });
    return issues;
  };
}
