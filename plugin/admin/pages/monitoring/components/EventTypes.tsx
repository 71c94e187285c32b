import { Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import { Card } from './Card';

const SHOWN = 5;

const Bar = styled.div<{ $share: number }>`
  width: 100%;
  height: 0.4rem;
  border-radius: 0.2rem;
  overflow: hidden;
  background: ${({ theme }) => theme.colors.neutral150};

  &::after {
    content: '';
    display: block;
    height: 100%;
    width: 100%;
    transform-origin: left;
    transform: scaleX(${({ $share }) => $share});
    background: ${({ theme }) => theme.colors.primary600};
  }
`;

const List = styled.ul`
  display: flex;
  flex-direction: column;
  gap: ${({ theme }) => theme.spaces[3]};
  min-height: 20rem;

  @media (max-width: 1100px) {
    min-height: 0;
  }
`;

interface EventTypesProps {
  eventsByType: Record<string, number>;
}

/** Which events there were most of, and how many of all others. */
export const EventTypes = ({ eventsByType }: EventTypesProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const sorted = Object.entries(eventsByType).sort(([, a], [, b]) => b - a);
  const others = sorted.slice(SHOWN).reduce((sum, [, count]) => sum + count, 0);
  const rows = sorted.slice(0, SHOWN);
  if (others > 0) rows.push([t('monitoring.types.others'), others]);
  const most = Math.max(1, ...rows.map(([, count]) => count));

  return (
    <Card title={t('monitoring.types.title')}>
      {rows.length === 0 ? (
        <Typography textColor="neutral600">{t('monitoring.types.none')}</Typography>
      ) : (
        <List>
          {rows.map(([type, count]) => (
            <li key={type}>
              <Flex justifyContent="space-between" gap={3} paddingBottom={1}>
                <Truncated variant="pi" fontWeight="semiBold">
                  {type}
                </Truncated>
                <Typography variant="pi" textColor="neutral600">
                  {intl.formatNumber(count)}
                </Typography>
              </Flex>
              <Bar aria-hidden $share={count / most} />
            </li>
          ))}
        </List>
      )}
    </Card>
  );
};
