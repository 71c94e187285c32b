import { Box, Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import type { MonitoringSnapshot } from '../../../../shared/contracts/monitoring';
import { useTranslate } from '../../../utils/translations';
import { formatBytes } from '../data/format-bytes';

const Grid = styled.dl`
  display: grid;
  grid-template-columns: repeat(4, minmax(0, 1fr));
  gap: ${({ theme }) => theme.spaces[4]};
  margin: 0;

  @media (max-width: 1100px) {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }
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
}

const Figure = ({ label, value, hint }: FigureProps) => (
  <Box
    background="neutral0"
    hasRadius
    shadow="tableShadow"
    borderColor="neutral150"
    padding={4}
    minHeight="9.2rem"
  >
    <Typography tag="dt" variant="pi" fontWeight="semiBold" textColor="neutral600">
      {label}
    </Typography>
    <Flex tag="dd" direction="column" alignItems="flex-start" gap={1} margin={0} paddingTop={1}>
      <Value variant="beta" tag="span">
        {value}
      </Value>
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
  const { connections, events, traffic, averagePerSecond } = snapshot;
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
        label={t('monitoring.received')}
        value={formatBytes(intl, traffic.bytesIn)}
        hint={t('monitoring.packets', { count: traffic.packetsIn })}
      />
      <Figure
        label={t('monitoring.sent')}
        value={formatBytes(intl, traffic.bytesOut)}
        hint={t('monitoring.packets', { count: traffic.packetsOut })}
      />
      <Figure
        label={t('monitoring.refused')}
        value={number(traffic.refused)}
        hint={t('monitoring.limited', { limited: traffic.limited, slow: traffic.slowClosed })}
      />
    </Grid>
  );
};
