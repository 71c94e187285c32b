import type { ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import { useTranslate } from '../../../utils/translations';
import type { ListedSocket } from '../data/source';
import { Chip } from './Chip';

/** More are counted, not named. */
const SHOWN = 100;

const Grid = styled.dl`
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: ${({ theme }) => theme.spaces[5]};
  margin: 0;
  padding: ${({ theme }) => theme.spaces[4]} 0;
  white-space: normal;
  overflow-wrap: anywhere;
  /* Stays in sight where the table is wider than the window. */
  position: sticky;
  left: ${({ theme }) => theme.spaces[4]};
  width: min(100%, calc(100vw - 10rem));
`;

const Item = ({ label, children }: { label: string; children: ReactNode }) => (
  <Box>
    <Typography tag="dt" variant="sigma" textColor="neutral600">
      {label}
    </Typography>
    <Box tag="dd" paddingTop={1} margin={0}>
      {children}
    </Box>
  </Box>
);

const Names = ({ names }: { names: string[] }) => {
  const t = useTranslate();
  if (names.length === 0) return <Typography textColor="neutral600">–</Typography>;
  return (
    <Flex gap={1} wrap="wrap">
      {names.slice(0, SHOWN).map((name) => (
        <Chip key={name} wrap>
          {name}
        </Chip>
      ))}
      {names.length > SHOWN && (
        <Typography variant="pi">
          {t('monitoring.more', { count: names.length - SHOWN })}
        </Typography>
      )}
    </Flex>
  );
};

interface ConnectionDetailsProps {
  socket: ListedSocket;
}

/** All that is known of a connection. */
export const ConnectionDetails = ({ socket }: ConnectionDetailsProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const { id, rooms, entitySubscriptions, connectedAt, handshake, node } = socket;
  const query = Object.keys(handshake.query).length > 0 && JSON.stringify(handshake.query);
  return (
    <Grid>
      <Item label={t('monitoring.details.id')}>
        <Typography>{id}</Typography>
      </Item>
      <Item label={t('monitoring.connections.since')}>
        <Typography>
          {intl.formatDate(connectedAt, { dateStyle: 'medium', timeStyle: 'medium' })}
        </Typography>
      </Item>
      {node !== null && (
        <Item label={t('monitoring.details.node')}>
          <Typography>{node}</Typography>
        </Item>
      )}
      {query && (
        <Item label={t('monitoring.details.query')}>
          <Typography>{query}</Typography>
        </Item>
      )}
      <Item label={t('monitoring.rooms')}>
        <Names names={rooms} />
      </Item>
      <Item label={t('monitoring.subscriptions')}>
        <Names names={entitySubscriptions.map(({ uid, id }) => `${uid}:${id}`)} />
      </Item>
    </Grid>
  );
};
