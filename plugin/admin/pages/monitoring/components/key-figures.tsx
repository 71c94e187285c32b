import { Box, Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import type { MonitoringSnapshot } from '../../../../shared/contracts/monitoring';
import { StatusDot } from '../../../components/status-dot';
import { useTranslate } from '../../../utils/translations';
import { formatBytes } from '../data/format-bytes';

const Grid = styled.dl`
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
  gap: ${({ theme }) => theme.spaces[4]};
  margin: 0;
`;

/** Digits of one width: a figure that counts does not make its neighbours move. */
const Value = styled(Typography)`
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
`;

interface FigureProps {
  label: string;
  value: string;
  hint?: string;
  dot?: 'success500' | 'danger500';
}

const Figure = ({ label, value, hint, dot }: FigureProps) => (
  <Box
    background="neutral0"
    hasRadius
    shadow="tableShadow"
    borderColor="neutral150"
    padding={4}
    minHeight="9.6rem"
  >
    <Typography tag="dt" variant="pi" fontWeight="semiBold" textColor="neutral600">
      {label}
    </Typography>
    <Flex tag="dd" direction="column" alignItems="flex-start" gap={1} margin={0} paddingTop={1}>
      <Flex gap={2}>
        {dot && <StatusDot color={dot} />}
        <Value variant="beta" tag="span">
          {value}
        </Value>
      </Flex>
      {hint && (
        <Typography variant="pi" textColor="neutral600">
          {hint}
        </Typography>
      )}
    </Flex>
  </Box>
);

interface KeyFiguresProps {
  snapshot: MonitoringSnapshot;
}

export const KeyFigures = ({ snapshot }: KeyFiguresProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const { connections, events, traffic, redis, averagePerSecond } = snapshot;
  const number = (value: number) => intl.formatNumber(value);
  const decimal = (value: number) =>
    intl.formatNumber(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  return (
    <Grid aria-label={t('monitoring.figures')}>
      <Figure label={t('monitoring.connections')} value={number(connections.connected)} />
      <Figure label={t('monitoring.rooms')} value={number(connections.rooms)} />
      <Figure
        label={t('monitoring.subscriptions')}
        value={number(connections.entitySubscriptions)}
      />
      <Figure
        label={t('monitoring.eventsPerSecond')}
        value={decimal(Number(events.eventsPerSecond))}
        hint={t('monitoring.average', {
          value: intl.formatNumber(averagePerSecond, { maximumFractionDigits: 2 }),
        })}
      />
      <Figure
        label={t('monitoring.totalEvents')}
        value={number(events.totalEvents)}
        hint={t('monitoring.since', {
          time: intl.formatDate(events.lastReset, { dateStyle: 'short', timeStyle: 'short' }),
        })}
      />
      <Figure
        label={t('monitoring.traffic')}
        value={`↓ ${formatBytes(intl, traffic.bytesIn)}  ↑ ${formatBytes(intl, traffic.bytesOut)}`}
        hint={t('monitoring.packets', { in: traffic.packetsIn, out: traffic.packetsOut })}
      />
      <Figure
        label={t('monitoring.refused')}
        value={number(traffic.refused)}
        hint={t('monitoring.limited', { limited: traffic.limited, slow: traffic.slowClosed })}
      />
      {redis.enabled && (
        <Figure
          label="Redis"
          value={t(redis.connected ? 'monitoring.redis.connected' : 'monitoring.redis.lost')}
          dot={redis.connected ? 'success500' : 'danger500'}
        />
      )}
    </Grid>
  );
};
