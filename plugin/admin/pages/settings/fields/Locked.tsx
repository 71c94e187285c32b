import { Flex, Tooltip, Typography, VisuallyHidden } from '@strapi/design-system';
import { Lock } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';

/** Says that config/plugins decides: in words, or as an icon where many stand below each other. */
export function Locked({ iconOnly = false }: { iconOnly?: boolean }) {
  const t = useTranslate();
  const icon = <Lock width="1.2rem" height="1.2rem" fill="neutral500" aria-hidden />;
  const note = (
    <Flex tag="span" inline gap={1} shrink={0}>
      {icon}
      {iconOnly ? (
        <VisuallyHidden>{t('settings.locked')}</VisuallyHidden>
      ) : (
        <Typography variant="pi" textColor="neutral600">
          {t('settings.locked')}
        </Typography>
      )}
    </Flex>
  );
  return <Tooltip label={t('settings.locked.hint')}>{note}</Tooltip>;
}
