import { TextButton } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import type { SettingPath } from '../state/paths';
import { useSetting } from '../state/use-setting';
import { Locked } from './Locked';

/** Next to a label: that config/plugins decides, or the way back to the default. */
export function FieldNote({ path, resettable }: { path: SettingPath; resettable: boolean }) {
  const t = useTranslate();
  const { locked, reset } = useSetting(path);
  if (locked) return <Locked />;
  if (reset === null || !resettable) return null;
  return (
    <TextButton
      type="button"
      onClick={reset}
      aria-label={t('settings.reset.label', { setting: t(`settings.${path}.label`) })}
    >
      {t('settings.reset')}
    </TextButton>
  );
}
