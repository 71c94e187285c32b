import { Layouts, Page, useRBAC } from '@strapi/strapi/admin';
import { Button, EmptyStateLayout } from '@strapi/design-system';
import { ArrowClockwise, WarningCircle } from '@strapi/icons';

import {
  useGetIoContentTypesQuery,
  useGetIoRolesQuery,
  useGetIoSettingsQuery,
} from '../../api/settings';
import { PERMISSIONS } from '../../constants';
import { useTranslate } from '../../utils/translations';
import { SettingsForm } from './SettingsForm';

/** Everything the page shows is there, or is asked for again. */
function SettingsLoader() {
  const t = useTranslate();
  const { allowedActions, isLoading: isAsking } = useRBAC(PERMISSIONS.updateSettings);
  const state = useGetIoSettingsQuery();
  const contentTypes = useGetIoContentTypesQuery();
  const roles = useGetIoRolesQuery();
  const queries = [state, contentTypes, roles];

  if (isAsking || queries.some(({ isFetching }) => isFetching)) return <Page.Loading />;
  if (state.data === undefined || contentTypes.data === undefined || roles.data === undefined) {
    return (
      <>
        <Layouts.Header title={t('settings.title')} />
        <Layouts.Content>
          <EmptyStateLayout
            icon={<WarningCircle width="4rem" height="4rem" fill="danger500" aria-hidden />}
            content={t('settings.failed')}
            action={
              <Button
                variant="secondary"
                startIcon={<ArrowClockwise />}
                onClick={() =>
                  queries.filter(({ isError }) => isError).forEach(({ refetch }) => void refetch())
                }
              >
                {t('settings.retry')}
              </Button>
            }
          />
        </Layouts.Content>
      </>
    );
  }
  return (
    <SettingsForm
      state={state.data}
      contentTypes={contentTypes.data}
      roles={roles.data}
      canUpdate={allowedActions.canUpdate}
    />
  );
}

const SettingsPage = () => {
  const t = useTranslate();
  return (
    <Page.Main>
      <Page.Title>{t('settings.title')}</Page.Title>
      <SettingsLoader />
    </Page.Main>
  );
};

export default () => (
  <Page.Protect permissions={PERMISSIONS.readSettings}>
    <SettingsPage />
  </Page.Protect>
);
