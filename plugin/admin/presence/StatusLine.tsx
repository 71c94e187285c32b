import { Flex, Typography } from '@strapi/design-system';

import { StatusDot } from '../components/StatusDot';
import { useTranslate } from '../utils/translations';
import type { Phase } from './store';

const LOOKS = {
  live: { color: 'success500', key: 'presence.status.live' },
  connecting: { color: 'warning500', key: 'presence.status.connecting' },
  offline: { color: 'neutral500', key: 'presence.status.offline' },
} as const;

interface StatusLineProps {
  phase: Exclude<Phase, 'hidden'>;
  /** How many others are here. */
  count: number;
}

/** The state of the connection, and how much company there is. */
export const StatusLine = ({ phase, count }: StatusLineProps) => {
  const t = useTranslate();
  const { color, key } = LOOKS[phase];
  return (
    <Flex gap={2} alignItems="baseline">
      <StatusDot color={color} />
      <Typography variant="pi" textColor="neutral600">
        <Typography variant="pi" fontWeight="semiBold" textColor="neutral800">
          {t(key)}
        </Typography>
        {phase === 'live' && ` · ${t('presence.others', { count })}`}
      </Typography>
    </Flex>
  );
};
