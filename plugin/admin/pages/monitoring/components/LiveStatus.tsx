import { Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';

import type { MonitoringSnapshot } from '../../../../shared/contracts/monitoring';
import { StatusDot, type StatusDotProps } from '../../../components/StatusDot';
import { useTranslate } from '../../../utils/translations';
import type { Mode } from '../data/use-monitoring';

const COLORS = { live: 'success500', connecting: 'warning500', polling: 'neutral500' } as const;

const Label = styled(Typography)`
  white-space: nowrap;
`;

const Sign = ({ children, ...dot }: StatusDotProps & { children: string }) => (
  <Flex gap={2}>
    <StatusDot {...dot} />
    <Label variant="pi" fontWeight="semiBold" textColor="neutral700">
      {children}
    </Label>
  </Flex>
);

interface LiveStatusProps {
  mode: Mode;
  /** Undefined while it is not known. */
  redis: MonitoringSnapshot['redis'] | undefined;
}

/** How the figures come, and whether Redis is there; told to everybody as it changes. */
export const LiveStatus = ({ mode, redis }: LiveStatusProps) => {
  const t = useTranslate();
  return (
    <Flex role="status" gap={4} wrap="wrap">
      <Sign color={COLORS[mode]} pulse={mode === 'live'}>
        {t(`monitoring.mode.${mode}`)}
      </Sign>
      {redis?.enabled && (
        <Sign color={redis.connected ? 'success500' : 'danger500'}>
          {t(redis.connected ? 'monitoring.redis.connected' : 'monitoring.redis.lost')}
        </Sign>
      )}
    </Flex>
  );
};
