import { Badge, Flex, Td, Tr, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import type { RoomStats } from '../../../../shared/monitoring';
import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import type { MonitoringSource } from '../data/source';
import { useList } from '../data/use-list';
import { useListQuery } from '../data/use-list-query';
import { usePageInRange } from '../data/use-page-in-range';
import { ListPanel } from './ListPanel';

const load: Parameters<typeof useList<RoomStats>>[1] = (source, query) => source.rooms(query);

interface RoomsProps {
  source: MonitoringSource | null;
}

/** The rooms, fullest first. */
export const Rooms = ({ source }: RoomsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const { query, setSearch, setPage } = useListQuery();
  const list = useList(source, load, query);
  usePageInRange(list, query.page, setPage);

  return (
    <ListPanel
      label={t('monitoring.rooms')}
      searchLabel={t('monitoring.rooms.search')}
      search={query.search ?? ''}
      onSearch={setSearch}
      columns={[{ label: t('monitoring.rooms.name') }, { label: t('monitoring.rooms.members') }]}
      list={list}
      pageSize={query.pageSize}
      renderRow={({ name, members, isEntityRoom }) => (
        <Tr key={name}>
          <Td>
            <Flex gap={2} maxWidth="60rem">
              <Truncated textColor="neutral800" fontWeight="semiBold">
                {name}
              </Truncated>
              {isEntityRoom && (
                <Badge size="S" variant="secondary">
                  {t('monitoring.rooms.entity')}
                </Badge>
              )}
            </Flex>
          </Td>
          <Td>
            <Typography textColor="neutral800">{intl.formatNumber(members)}</Typography>
          </Td>
        </Tr>
      )}
      empty={t('monitoring.rooms.none')}
    />
  );
};
