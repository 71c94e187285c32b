import { Layouts, Page } from '@strapi/strapi/admin';

import { PERMISSIONS } from '../../constants';
import { useTranslate } from '../../utils/translations';

const SettingsPage = () => {
  const t = useTranslate();
  return (
    <Page.Main>
      <Page.Title>{t('settings.title')}</Page.Title>
      <Layouts.Header title={t('settings.title')} />
    </Page.Main>
  );
};

export default () => (
  <Page.Protect permissions={PERMISSIONS.readSettings}>
    <SettingsPage />
  </Page.Protect>
);
