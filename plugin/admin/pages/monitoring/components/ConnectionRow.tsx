import { useId, useState } from 'react';
import { Badge, Flex, IconButton, Td, Tr, Typography } from '@strapi/design-system';
import { CaretDown, CaretUp, Cross } from '@strapi/icons';
import { useIntl } from 'react-intl';

import { RelativeTime } from '../../../components/RelativeTime';
import { Truncated } from '../../../components/Truncated';
import { fullName } from '../../../presence/names';
import { useTranslate } from '../../../utils/translations';
import type { ListedSocket } from '../data/source';
import { Chip } from './Chip';
import { ConnectionDetails } from './ConnectionDetails';

const ROOMS_SHOWN = 2;

interface ConnectionRowProps {
  socket: ListedSocket;
  /** Whether it is that of this browser tab. */
  own: boolean;
  columns: number;
  /** Absent: one may not. */
  onDisconnect?: (socket: ListedSocket) => void;
}

export const ConnectionRow = ({ socket, own, columns, onDisconnect }: ConnectionRowProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const [open, setOpen] = useState(false);
  const detailsId = useId();
  const { id, admin, user, rooms, transport, handshake, connectedAt, entitySubscriptions } = socket;

  const name =
    (admin && (fullName(admin) ?? t('monitoring.who.adminWithId', { id: admin.id }))) ??
    user?.username ??
    t('monitoring.who.guest');
  const kind = admin ? 'admin' : user ? 'user' : null;
  const more = rooms.length - ROOMS_SHOWN;

  return (
    <>
      <Tr>
        <Td>
          <IconButton
            variant="ghost"
            label={t('monitoring.connections.details', { name })}
            aria-expanded={open}
            aria-controls={open ? detailsId : undefined}
            onClick={() => setOpen(!open)}
          >
            {open ? <CaretUp /> : <CaretDown />}
          </IconButton>
        </Td>
        <Td>
          <Flex direction="column" alignItems="flex-start" maxWidth="20rem">
            <Flex gap={2} maxWidth="100%">
              <Truncated
                fontWeight="semiBold"
                textColor={kind === null ? 'neutral600' : 'neutral800'}
              >
                {name}
              </Truncated>
              {kind && (
                <Badge size="S" variant={kind === 'admin' ? 'primary' : 'neutral'}>
                  {t(`monitoring.who.${kind}`)}
                </Badge>
              )}
              {own && (
                <Badge size="S" variant="success">
                  {t('monitoring.who.you')}
                </Badge>
              )}
            </Flex>
            <Truncated variant="pi" textColor="neutral600" maxWidth="100%">
              {id}
            </Truncated>
          </Flex>
        </Td>
        <Td>
          <Flex gap={1}>
            {rooms.slice(0, ROOMS_SHOWN).map((room) => (
              <Chip key={room} maxWidth="11rem">
                {room}
              </Chip>
            ))}
            {more > 0 && (
              <Typography variant="pi" textColor="neutral600" shrink={0}>
                {t('monitoring.more', { count: more })}
              </Typography>
            )}
            {rooms.length === 0 && <Typography textColor="neutral600">–</Typography>}
          </Flex>
        </Td>
        <Td>
          <Flex direction="column" alignItems="flex-start" maxWidth="16rem">
            <Typography textColor="neutral800">
              {transport === null ? '–' : t(`monitoring.transport.${transport}`)}
            </Typography>
            <Truncated variant="pi" textColor="neutral600" maxWidth="100%">
              {handshake.address}
            </Truncated>
          </Flex>
        </Td>
        <Td>
          <Typography textColor="neutral800" style={{ whiteSpace: 'nowrap' }}>
            <RelativeTime timestamp={connectedAt} short />
          </Typography>
        </Td>
        <Td>
          <Typography textColor="neutral800">
            {intl.formatNumber(entitySubscriptions.length)}
          </Typography>
        </Td>
        <Td>
          {onDisconnect && !own && (
            <IconButton
              variant="ghost"
              label={t('monitoring.disconnect.action', { name })}
              onClick={() => onDisconnect(socket)}
            >
              <Cross />
            </IconButton>
          )}
        </Td>
      </Tr>
      {open && (
        <Tr id={detailsId}>
          <Td colSpan={columns}>
            <ConnectionDetails socket={socket} />
          </Td>
        </Tr>
      )}
    </>
  );
};
