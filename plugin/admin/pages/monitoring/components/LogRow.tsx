import { memo, useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { CaretDown } from '@strapi/icons';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import { useTranslate } from '../../../utils/translations';
import type { LogItem } from '../data/event-log';
import { Chip } from './Chip';

/** Enough for the widest line; the rest is not looked at while it is folded. */
const PREVIEW = 300;

const Row = styled.li`
  border-bottom: 1px solid ${({ theme }) => theme.colors.neutral150};

  &:last-child {
    border-bottom: none;
  }
`;

const Summary = styled.summary`
  display: flex;
  align-items: center;
  gap: ${({ theme }) => theme.spaces[3]};
  padding: ${({ theme }) => `${theme.spaces[2]} ${theme.spaces[4]}`};
  cursor: pointer;

  &:hover {
    background: ${({ theme }) => theme.colors.neutral100};
  }
  &:focus-visible {
    outline: 2px solid ${({ theme }) => theme.colors.primary600};
    outline-offset: -2px;
  }
  & > svg {
    flex-shrink: 0;
    fill: ${({ theme }) => theme.colors.neutral500};
  }
  [open] > & > svg {
    transform: rotate(180deg);
  }
`;

const Time = styled.time`
  flex-shrink: 0;
  font-size: ${({ theme }) => theme.fontSizes[1]};
  font-variant-numeric: tabular-nums;
  color: ${({ theme }) => theme.colors.neutral600};
`;

const Preview = styled.span`
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  font-family: monospace;
  font-size: ${({ theme }) => theme.fontSizes[1]};
  color: ${({ theme }) => theme.colors.neutral600};
`;

const Json = styled.pre`
  margin: 0;
  padding: ${({ theme }) => `${theme.spaces[3]} ${theme.spaces[4]}`};
  overflow-x: auto;
  max-height: 40rem;
  background: ${({ theme }) => theme.colors.neutral100};
  color: ${({ theme }) => theme.colors.neutral800};
  font-family: monospace;
  font-size: ${({ theme }) => theme.fontSizes[1]};
  line-height: 1.5;
`;

const PROBLEMS = new Set(['refused', 'forced-disconnect', 'limited']);

interface LogRowProps {
  item: LogItem;
}

/** One entry of the log; its data unfold. */
export const LogRow = memo(({ item }: LogRowProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const [open, setOpen] = useState(false);

  if (!('entry' in item)) {
    return (
      <Row>
        <Flex padding={2} paddingLeft={4} background="warning100">
          <Typography variant="pi" textColor="warning700">
            {t('monitoring.log.dropped', { count: item.dropped })}
          </Typography>
        </Flex>
      </Row>
    );
  }

  const { timestamp, type } = item.entry;
  const data: unknown = item.entry.data;
  return (
    <Row>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <Summary>
          <Time
            dateTime={new Date(timestamp).toISOString()}
            title={intl.formatDate(timestamp, { dateStyle: 'medium', timeStyle: 'medium' })}
          >
            {intl.formatTime(timestamp, { timeStyle: 'medium' })}
          </Time>
          <Chip tone={PROBLEMS.has(type) ? 'warning' : 'neutral'}>{type}</Chip>
          <Preview>{JSON.stringify(data)?.slice(0, PREVIEW)}</Preview>
          <CaretDown aria-hidden width="1.2rem" />
        </Summary>
        {open && <Json tabIndex={0}>{JSON.stringify(data, null, 2)}</Json>}
      </details>
    </Row>
  );
});
LogRow.displayName = 'LogRow';
