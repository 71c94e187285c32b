import { useState } from 'react';

import { useTranslate } from '../../../utils/translations';
import type { ListedSocket, MonitoringSource } from '../data/source';
import type { LoadPage } from '../data/use-list';
import { usePagedList } from '../data/use-paged-list';
import { ConnectionRow } from './ConnectionRow';
import { DisconnectDialog } from './DisconnectDialog';
import { ListPanel } from './ListPanel';

const load: LoadPage<ListedSocket> = (source, query) => source.sockets(query);

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
  const paged = usePagedList(source, load);
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
        {...paged}
        label={t('monitoring.connections')}
        searchLabel={t('monitoring.connections.search')}
        note={note}
        columns={columns}
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
      <DisconnectDialog
        socket={leaving}
        onClose={() => setLeaving(null)}
        onDone={paged.list.refresh}
      />
    </>
  );
};
