import { Badge, Flex, Td, Tr, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import type { RoomStats } from '../../../../shared/monitoring';
import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import type { MonitoringSource } from '../data/source';
import type { LoadPage } from '../data/use-list';
import { usePagedList } from '../data/use-paged-list';
import { ListPanel } from './ListPanel';

const load: LoadPage<RoomStats> = (source, query) => source.rooms(query);

interface RoomsProps {
  source: MonitoringSource | null;
}

/** The rooms, fullest first. */
export const Rooms = ({ source }: RoomsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const paged = usePagedList(source, load);

  return (
    <ListPanel
      {...paged}
      label={t('monitoring.rooms')}
      searchLabel={t('monitoring.rooms.search')}
      columns={[{ label: t('monitoring.rooms.name') }, { label: t('monitoring.rooms.members') }]}
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
