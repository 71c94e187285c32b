import { useState } from 'react';
import { Button, EmptyStateLayout, Flex, Typography } from '@strapi/design-system';
import { Play } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { styled } from 'styled-components';

import { useTranslate } from '../../../utils/translations';
import { type EventLog as Log, MAX_ITEMS } from '../data/event-log';
import { LogRow } from './LogRow';
import { TypeFilter } from './TypeFilter';

const Scroll = styled.ol`
  max-height: 60rem;
  overflow: auto;
  border: 1px solid ${({ theme }) => theme.colors.neutral150};
  border-radius: ${({ theme }) => theme.borderRadius};
  background: ${({ theme }) => theme.colors.neutral0};

  &:focus-visible {
    outline: 2px solid ${({ theme }) => theme.colors.primary600};
  }
`;

/** Strapi's icons have none. */
const Pause = () => (
  <svg viewBox="0 0 32 32" width="1.6rem" height="1.6rem" fill="currentColor" aria-hidden>
    <rect x="8" y="6" width="6" height="20" rx="1" />
    <rect x="18" y="6" width="6" height="20" rx="1" />
  </svg>
);

interface EventLogProps {
  log: Log;
}

/** What happens, newest first. While it is paused it stays as it is; nothing is missed meanwhile. */
export const EventLog = ({ log }: EventLogProps) => {
  const t = useTranslate();
  const [frozen, setFrozen] = useState<Log | null>(null);
  const [type, setType] = useState<string | null>(null);

  const shown = frozen ?? log;
  const waiting = log.received - shown.received;
  const items = shown.items.filter(
    (item) => type === null || !('entry' in item) || item.entry.type === type,
  );
  const found = items.some((item) => 'entry' in item);

  return (
    <Flex direction="column" alignItems="stretch" gap={4} paddingTop={4}>
      <Flex justifyContent="space-between" wrap="wrap" gap={3}>
        <Flex gap={3} wrap="wrap">
          <TypeFilter items={shown.items} value={type} onChange={setType} />
          <Button
            variant="secondary"
            size="S"
            startIcon={frozen ? <Play /> : <Pause />}
            onClick={() => setFrozen(frozen ? null : log)}
          >
            {t(frozen ? 'monitoring.log.resume' : 'monitoring.log.pause')}
          </Button>
        </Flex>
        <Typography variant="pi" textColor="neutral600">
          {frozen
            ? t('monitoring.log.paused', { count: waiting })
            : shown.overflown && t('monitoring.log.bounded', { count: MAX_ITEMS })}
        </Typography>
      </Flex>
      {found ? (
        <Scroll tabIndex={0} aria-label={t('monitoring.log.title')}>
          {items.map((item) => (
            <LogRow key={item.id} item={item} />
          ))}
        </Scroll>
      ) : (
        <EmptyStateLayout
          icon={<EmptyDocuments width="16rem" />}
          content={t(type === null ? 'monitoring.log.none' : 'monitoring.log.noMatch')}
        />
      )}
    </Flex>
  );
};
