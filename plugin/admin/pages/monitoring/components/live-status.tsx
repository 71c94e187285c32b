import { Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';

import { StatusDot } from '../../../components/status-dot';
import { useTranslate } from '../../../utils/translations';
import type { Mode } from '../data/use-monitoring';

const COLORS = { live: 'success500', connecting: 'warning500', polling: 'neutral500' } as const;

const Label = styled(Typography)`
  white-space: nowrap;
`;

interface LiveStatusProps {
  mode: Mode;
}

/** How the figures come, told to everybody as it changes. */
export const LiveStatus = ({ mode }: LiveStatusProps) => {
  const t = useTranslate();
  return (
    <Flex role="status" gap={2} paddingLeft={3} paddingRight={3}>
      <StatusDot color={COLORS[mode]} pulse={mode === 'live'} />
      <Label variant="pi" fontWeight="semiBold" textColor="neutral700">
        {t(`monitoring.mode.${mode}`)}
      </Label>
    </Flex>
  );
};
