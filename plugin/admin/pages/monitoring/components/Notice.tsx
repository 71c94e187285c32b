import { Box, Flex, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';

interface NoticeProps {
  /** Why even the figures could not be had. */
  problem: string | null;
}

/** Says that what is shown is not live, and not even fresh if there is a problem. */
export const Notice = ({ problem }: NoticeProps) => {
  const t = useTranslate();
  const color = problem === null ? 'warning' : 'danger';
  return (
    <Box role="status" background={`${color}100`} borderColor={`${color}200`} hasRadius padding={4}>
      <Flex gap={3} alignItems="flex-start">
        <Box shrink={0} paddingTop="2px">
          <WarningCircle aria-hidden fill={`${color}600`} />
        </Box>
        <Typography textColor={`${color}700`}>
          {problem === null
            ? t('monitoring.notice.polling')
            : t('monitoring.notice.stale', { problem })}
        </Typography>
      </Flex>
    </Box>
  );
};
