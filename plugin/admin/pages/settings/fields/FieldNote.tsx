import { Flex, TextButton, Tooltip, Typography } from '@strapi/design-system';

import { RESTART_SETTINGS } from '../../../../shared/default-settings';
import { useTranslate } from '../../../utils/translations';
import type { SettingPath } from '../state/paths';
import { useSetting } from '../state/use-setting';
import { Locked } from './Locked';

interface FieldNoteProps {
  path: SettingPath;
  /** Offers the way back to the default: not where it is one click anyway. */
  resettable?: boolean;
}

/** Next to a label: that config/plugins decides, or that it takes a restart, and the way back. */
export function FieldNote({ path, resettable = false }: FieldNoteProps) {
  const t = useTranslate();
  const { locked, reset } = useSetting(path);
  if (locked) return <Locked />;
  return (
    <Flex gap={3} wrap="wrap">
      {resettable && reset !== null && (
        <TextButton
          type="button"
          onClick={() => {
            reset();
            // The button goes away: whoever used it stays at the field.
            document.getElementById(path)?.focus();
          }}
          aria-label={t('settings.reset.label', { setting: t(`settings.${path}.label`) })}
        >
          {t('settings.reset')}
        </TextButton>
      )}
      {RESTART_SETTINGS.includes(path) && (
        <Tooltip label={t('settings.afterRestart.hint')}>
          <Typography variant="pi" textColor="neutral600">
            {t('settings.afterRestart')}
          </Typography>
        </Tooltip>
      )}
    </Flex>
  );
}
