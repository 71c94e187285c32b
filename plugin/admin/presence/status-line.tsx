import { Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';

import { useTranslate } from '../utils/translations';
import type { Phase } from './store';

const LOOKS = {
  live: { color: 'success500', key: 'presence.status.live' },
  connecting: { color: 'warning500', key: 'presence.status.connecting' },
  offline: { color: 'neutral400', key: 'presence.status.offline' },
} as const;

const Dot = styled.span<{ $color: string }>`
  flex: none;
  width: 0.8rem;
  height: 0.8rem;
  border-radius: 50%;
  background: ${({ theme, $color }) => theme.colors[$color as keyof typeof theme.colors]};
`;

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
      <Dot $color={color} aria-hidden />
      <Typography variant="pi" textColor="neutral600">
        <Typography variant="pi" fontWeight="semiBold" textColor="neutral800">
          {t(key)}
        </Typography>
        {phase === 'live' && ` · ${t('presence.others', { count })}`}
      </Typography>
    </Flex>
  );
};
