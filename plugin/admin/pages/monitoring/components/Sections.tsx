import { memo } from 'react';
import { Box, Tabs } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import type { MonitoringSnapshot } from '../../../../shared/contracts/monitoring';
import { useTranslate } from '../../../utils/translations';
import type { EventLog as Log } from '../data/event-log';
import type { MonitoringSource } from '../data/source';
import { useListQuery } from '../data/use-list-query';
import type { Mode } from '../data/use-monitoring';
import { Connections } from './Connections';
import { EventLog } from './EventLog';
import { Rooms } from './Rooms';
import { Subscriptions } from './Subscriptions';

const TABS = ['connections', 'rooms', 'subscriptions', 'log'] as const;
type Tab = (typeof TABS)[number];

const isTab = (name: string | null): name is Tab => TABS.includes(name as Tab);

/** Figures come every second; the tables have their own time. */
const Lists = {
  Connections: memo(Connections),
  Rooms: memo(Rooms),
  Subscriptions: memo(Subscriptions),
};

/** Tabs that do not fit are scrolled to. */
const Scroll = styled(Box)`
  overflow-x: auto;
  font-variant-numeric: tabular-nums;

  [role='tab'] {
    white-space: nowrap;
  }
`;

interface SectionsProps {
  mode: Mode;
  counts: MonitoringSnapshot['connections'];
  log: Log;
  source: MonitoringSource | null;
  ownId: string | null;
  canUpdate: boolean;
}

/** What there is to look through, one list at a time: only the one that is shown is asked for. */
export const Sections = ({ mode, counts, log, source, ownId, canUpdate }: SectionsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const { tab, setTab } = useListQuery();
  const labels: Record<Tab, string> = {
    connections: `${t('monitoring.connections')} (${intl.formatNumber(counts.connected)})`,
    rooms: `${t('monitoring.rooms')} (${intl.formatNumber(counts.rooms)})`,
    subscriptions: `${t('monitoring.subscriptions')} (${intl.formatNumber(counts.entitySubscriptions)})`,
    log: t('monitoring.log.title'),
  };

  return (
    <Tabs.Root variant="simple" value={isTab(tab) ? tab : 'connections'} onValueChange={setTab}>
      <Scroll>
        <Tabs.List aria-label={t('monitoring.title')}>
          {TABS.map((name) => (
            <Tabs.Trigger key={name} value={name}>
              {labels[name]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </Scroll>
      <Tabs.Content value="connections">
        <Lists.Connections
          source={source}
          ownId={ownId}
          canUpdate={canUpdate}
          note={mode === 'polling' ? t('monitoring.notice.firstOnly') : undefined}
        />
      </Tabs.Content>
      <Tabs.Content value="rooms">
        <Lists.Rooms source={source} />
      </Tabs.Content>
      <Tabs.Content value="subscriptions">
        <Lists.Subscriptions source={source} />
      </Tabs.Content>
      <Tabs.Content value="log">
        <EventLog log={log} />
      </Tabs.Content>
    </Tabs.Root>
  );
};
