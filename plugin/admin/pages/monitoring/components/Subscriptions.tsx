import { Td, Tr, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import type { MonitoringSource, SubscriptionCount } from '../data/source';
import { useList } from '../data/use-list';
import { useListQuery } from '../data/use-list-query';
import { usePageInRange } from '../data/use-page-in-range';
import { ListPanel } from './ListPanel';

const load: Parameters<typeof useList<SubscriptionCount>>[1] = (source, query) =>
  source.subscriptions(query);

interface SubscriptionsProps {
  source: MonitoringSource | null;
}

/** How many subscriptions to single entries there are, by their content type. */
export const Subscriptions = ({ source }: SubscriptionsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const { query, setSearch, setPage } = useListQuery();
  const list = useList(source, load, query);
  usePageInRange(list, query.page, setPage);

  return (
    <ListPanel
      label={t('monitoring.subscriptions')}
      searchLabel={t('monitoring.subscriptions.search')}
      search={query.search ?? ''}
      onSearch={setSearch}
      columns={[
        { label: t('monitoring.subscriptions.type') },
        { label: t('monitoring.subscriptions.count') },
      ]}
      list={list}
      pageSize={query.pageSize}
      renderRow={({ uid, count }) => (
        <Tr key={uid}>
          <Td>
            <Truncated textColor="neutral800" fontWeight="semiBold" maxWidth="60rem">
              {uid}
            </Truncated>
          </Td>
          <Td>
            <Typography textColor="neutral800">{intl.formatNumber(count)}</Typography>
          </Td>
        </Tr>
      )}
      empty={t('monitoring.subscriptions.none')}
    />
  );
};
