import { Flex, Typography } from '@strapi/design-system';
import { ChartCircle, Discuss, Stack, User } from '@strapi/icons';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import type { MonitoringSnapshot } from '../../shared/contracts/monitoring';
import { useGetIoMonitoringStatsQuery } from '../api/monitoring';
import { StatusDot } from '../components/StatusDot';
import { useTranslate } from '../utils/translations';
import { Polled } from './Polled';

const Grid = styled.dl`
  display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr));
  gap: 1px;
  margin: 0;
  overflow: hidden;
  background: ${({ theme }) => theme.colors.neutral200};
  border: 1px solid ${({ theme }) => theme.colors.neutral200};
  border-radius: ${({ theme }) => theme.borderRadius};
  font-variant-numeric: tabular-nums;
`;

/** Only names and values may stand in a list of them: the icon belongs to the name. */
const Place = styled.div`
  position: relative;
  min-width: 0;
  padding: ${({ theme }) => theme.spaces[4]};
  padding-left: ${({ theme }) => `calc(${theme.spaces[4]} + 3.2rem + ${theme.spaces[3]})`};
  background: ${({ theme }) => theme.colors.neutral0};
`;

const Sign = styled(Flex)`
  position: absolute;
  top: 50%;
  left: ${({ theme }) => theme.spaces[4]};
  transform: translateY(-50%);
`;

type Tone = 'primary' | 'secondary' | 'warning' | 'success';

interface CellProps {
  label: string;
  value: string;
  icon: typeof User;
  tone: Tone;
}

const Cell = ({ label, value, icon: Icon, tone }: CellProps) => (
  <Place>
    <dt>
      <Sign padding={2} hasRadius background={`${tone}100`} color={`${tone}600`}>
        <Icon aria-hidden />
      </Sign>
      <Typography
        tag="p"
        variant="pi"
        fontWeight="bold"
        textColor="neutral600"
        title={label}
        ellipsis
      >
        {label}
      </Typography>
    </dt>
    <Typography tag="dd" variant="delta" fontWeight="bold" textColor="neutral800" marginLeft={0}>
      {value}
    </Typography>
  </Place>
);

const Figures = ({ connections, events }: MonitoringSnapshot) => {
  const t = useTranslate();
  const intl = useIntl();
  const compact = (value: number) =>
    intl.formatNumber(value, { notation: 'compact', maximumFractionDigits: 1 });
  const active = connections.connected > 0;
  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      <Flex gap={2}>
        <StatusDot color={active ? 'success500' : 'neutral500'} pulse={active} />
        <Typography variant="pi" fontWeight="semiBold" textColor="neutral700">
          {t(active ? 'widgets.statistics.active' : 'widgets.statistics.idle')}
        </Typography>
      </Flex>
      <Grid>
        <Cell
          label={t('monitoring.connections')}
          value={compact(connections.connected)}
          icon={User}
          tone="primary"
        />
        <Cell
          label={t('monitoring.rooms')}
          value={compact(connections.rooms)}
          icon={Discuss}
          tone="secondary"
        />
        <Cell
          label={t('monitoring.eventsPerSecond')}
          value={intl.formatNumber(Number(events.eventsPerSecond), {
            minimumFractionDigits: 1,
            maximumFractionDigits: 1,
          })}
          icon={ChartCircle}
          tone="warning"
        />
        <Cell
          label={t('monitoring.totalEvents')}
          value={compact(events.totalEvents)}
          icon={Stack}
          tone="success"
        />
      </Grid>
    </Flex>
  );
};

/** How much goes on. */
export const Statistics = () => (
  <Polled<MonitoringSnapshot> useQuery={useGetIoMonitoringStatsQuery}>
    {(snapshot) => <Figures {...snapshot} />}
  </Polled>
);
