import { Box, Button, EmptyStateLayout, Flex, Typography } from '@strapi/design-system';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, useRBAC } from '@strapi/strapi/admin';
import { styled } from 'styled-components';

import { Notice } from '../../components/Notice';
import { PERMISSIONS } from '../../constants';
import { useTranslate } from '../../utils/translations';
import { useErrorText } from '../../utils/use-error-text';
import { EventChart } from './components/EventChart';
import { EventTypes } from './components/EventTypes';
import { KeyFigures } from './components/KeyFigures';
import { LiveStatus } from './components/LiveStatus';
import { ResetButton } from './components/ResetButton';
import { Sections } from './components/Sections';
import { TestEvent } from './components/TestEvent';
import { useMonitoring } from './data/use-monitoring';

/** The chart beside the types of events; below each other where there is no room. */
const Charts = styled.div`
  display: grid;
  grid-template-columns: minmax(0, 2fr) minmax(0, 1fr);
  gap: ${({ theme }) => theme.spaces[4]};

  @media (max-width: 1100px) {
    grid-template-columns: minmax(0, 1fr);
  }
`;

export const MonitoringPage = () => {
  const t = useTranslate();
  const errorText = useErrorText();
  const { mode, snapshot, log, source, ownId, error, retry } = useMonitoring();
  const { allowedActions } = useRBAC(PERMISSIONS.updateMonitoring);
  const problem = error === undefined ? null : errorText(error);

  return (
    <Page.Main>
      <Page.Title>{t('monitoring.title')}</Page.Title>
      <Layouts.Header
        title={t('monitoring.title')}
        subtitle={t('monitoring.subtitle')}
        secondaryAction={<LiveStatus mode={mode} redis={snapshot?.redis} />}
        primaryAction={
          allowedActions.canUpdate && (
            <Flex gap={2} wrap="wrap">
              <ResetButton />
              <TestEvent />
            </Flex>
          )
        }
      />
      <Layouts.Content>
        {snapshot === null && problem === null && (
          <Box minHeight="40rem">
            <Page.Loading />
          </Box>
        )}
        {snapshot === null && problem !== null && (
          <EmptyStateLayout
            icon={<EmptyDocuments width="16rem" />}
            content={problem}
            action={
              <Button variant="secondary" onClick={retry}>
                {t('monitoring.retry')}
              </Button>
            }
          />
        )}
        {snapshot !== null && (
          <Flex direction="column" alignItems="stretch" gap={4}>
            {mode === 'polling' && (
              <Notice variant={problem === null ? 'warning' : 'danger'}>
                {problem === null
                  ? t('monitoring.notice.polling')
                  : t('monitoring.notice.stale', { problem })}
              </Notice>
            )}
            <KeyFigures snapshot={snapshot} />
            <Charts>
              <EventChart history={snapshot.history} />
              <EventTypes eventsByType={snapshot.events.eventsByType} />
            </Charts>
            <Sections
              mode={mode}
              counts={snapshot.connections}
              log={log}
              source={source}
              ownId={ownId}
              canUpdate={allowedActions.canUpdate === true}
            />
            <Typography variant="pi" textColor="neutral600">
              {t('monitoring.footnote')}
            </Typography>
          </Flex>
        )}
      </Layouts.Content>
    </Page.Main>
  );
};
