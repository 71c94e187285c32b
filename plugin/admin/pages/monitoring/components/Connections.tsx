import { useState } from 'react';

import { useTranslate } from '../../../utils/translations';
import type { ListedSocket, MonitoringSource } from '../data/source';
import { useList } from '../data/use-list';
import { useListQuery } from '../data/use-list-query';
import { ConnectionRow } from './ConnectionRow';
import { DisconnectDialog } from './DisconnectDialog';
import { ListPanel } from './ListPanel';
import { usePageInRange } from '../data/use-page-in-range';

const load: Parameters<typeof useList<ListedSocket>>[1] = (source, query) => source.sockets(query);

interface ConnectionsProps {
  source: MonitoringSource | null;
  /** The socket of this browser tab. */
  ownId: string | null;
  canUpdate: boolean;
  /** Said besides. */
  note?: string;
}

/** Who is connected. */
export const Connections = ({ source, ownId, canUpdate, note }: ConnectionsProps) => {
  const t = useTranslate();
  const { query, setSearch, setPage } = useListQuery();
  const list = useList(source, load, query);
  usePageInRange(list, query.page, setPage);
  const [leaving, setLeaving] = useState<ListedSocket | null>(null);

  const columns = [
    { label: t('monitoring.connections.more'), hidden: true },
    { label: t('monitoring.connections.who') },
    { label: t('monitoring.rooms') },
    { label: t('monitoring.connections.transport') },
    { label: t('monitoring.connections.since') },
    { label: t('monitoring.connections.subscriptions') },
    { label: t('monitoring.connections.actions'), hidden: true },
  ];
  return (
    <>
      <ListPanel
        label={t('monitoring.connections')}
        searchLabel={t('monitoring.connections.search')}
        search={query.search ?? ''}
        onSearch={setSearch}
        note={note}
        columns={columns}
        list={list}
        pageSize={query.pageSize}
        renderRow={(socket) => (
          <ConnectionRow
            key={socket.id}
            socket={socket}
            own={socket.id === ownId}
            columns={columns.length}
            onDisconnect={canUpdate ? setLeaving : undefined}
          />
        )}
        empty={t('monitoring.connections.none')}
      />
      <DisconnectDialog socket={leaving} onClose={() => setLeaving(null)} onDone={list.refresh} />
    </>
  );
};
