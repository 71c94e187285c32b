import { Typography } from '@strapi/design-system';

import type { SettingsNotice } from '../../../shared/contracts/settings';
import { Notice } from '../../components/Notice';
import { useTranslate } from '../../utils/translations';

const SOURCES = ['stored', 'file'] as const;

/** What is stored or written in config/plugins and is not in force, with the reason of each. */
export function SettingsNotices({ notices }: { notices: readonly SettingsNotice[] }) {
  const t = useTranslate();
  return SOURCES.map((source) => {
    const own = notices.filter((notice) => notice.source === source);
    if (own.length === 0) return null;
    return (
      <Notice key={source} variant="warning">
        {t(`settings.notices.${source}`)}
        {own.map(({ path, message }) => (
          <Typography key={`${path} ${message}`} tag="span" display="block">
            {message}
          </Typography>
        ))}
      </Notice>
    );
  });
}
