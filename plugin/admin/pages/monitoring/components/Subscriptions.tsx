import { Td, Tr, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import type { MonitoringSource, SubscriptionCount } from '../data/source';
import type { LoadPage } from '../data/use-list';
import { usePagedList } from '../data/use-paged-list';
import { ListPanel } from './ListPanel';

const load: LoadPage<SubscriptionCount> = (source, query) => source.subscriptions(query);

interface SubscriptionsProps {
  source: MonitoringSource | null;
}

/** How many subscriptions to single entries there are, by their content type. */
export const Subscriptions = ({ source }: SubscriptionsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const paged = usePagedList(source, load);

  return (
    <ListPanel
      {...paged}
      label={t('monitoring.subscriptions')}
      searchLabel={t('monitoring.subscriptions.search')}
      columns={[
        { label: t('monitoring.subscriptions.type') },
        { label: t('monitoring.subscriptions.count') },
      ]}
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
