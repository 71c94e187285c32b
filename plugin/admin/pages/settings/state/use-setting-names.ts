import { useCallback } from 'react';
import { useIntl } from 'react-intl';

import { type TranslationKey, useTranslate } from '../../../utils/translations';
import type { SettingPath } from './paths';

/** Lists settings as people know them: "CORS origins and Ping interval". */
export function useSettingNames(): (paths: readonly string[]) => string {
  const t = useTranslate();
  const intl = useIntl();
  return useCallback(
    (paths) =>
      intl.formatList(
        paths.map((path) => t(`settings.${path as SettingPath}.label` satisfies TranslationKey)),
      ),
    [intl, t],
  );
}
