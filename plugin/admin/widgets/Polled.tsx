import type { ReactNode } from 'react';
import { Box, Button, Flex, Loader, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';

import { useAdminSocket } from '../socket';
import { useTranslate } from '../utils/translations';
import { usePolled } from '../utils/use-polled';

const INTERVAL = 5_000;

interface PolledProps<Data> {
  useQuery: Parameters<typeof usePolled<Data>>[0];
  children: (data: Data) => ReactNode;
}

/** What a widget shows of an answer that is asked for again and again, or why it shows nothing. */
export function Polled<Data>({ useQuery, children }: PolledProps<Data>) {
  const t = useTranslate();
  // Whoever looks at the homepage is online as well.
  useAdminSocket();
  const { data, error, refetch } = usePolled(useQuery, INTERVAL);

  if (data === undefined && error === undefined) {
    return (
      <Flex height="100%" justifyContent="center">
        <Loader>{t('widgets.loading')}</Loader>
      </Flex>
    );
  }
  if (data === undefined) {
    return (
      <Flex direction="column" height="100%" justifyContent="center" gap={3}>
        <WarningCircle width="3.2rem" height="3.2rem" fill="danger600" aria-hidden />
        <Typography textColor="neutral600">{t('widgets.error')}</Typography>
        <Button variant="secondary" onClick={() => void refetch()}>
          {t('widgets.retry')}
        </Button>
      </Flex>
    );
  }
  return (
    <Box height="100%">
      {children(data)}
      {error !== undefined && (
        <Typography tag="p" role="status" variant="pi" textColor="danger600" paddingTop={2}>
          {t('widgets.stale')}
        </Typography>
      )}
    </Box>
  );
}
