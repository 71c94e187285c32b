import { Layouts, Page } from '@strapi/strapi/admin';

import { PERMISSIONS } from '../../constants';
import { useTranslate } from '../../utils/translations';

const MonitoringPage = () => {
  const t = useTranslate();
  return (
    <Page.Main>
      <Page.Title>{t('monitoring.title')}</Page.Title>
      <Layouts.Header title={t('monitoring.title')} />
    </Page.Main>
  );
};

export default () => (
  <Page.Protect permissions={PERMISSIONS.readMonitoring}>
    <MonitoringPage />
  </Page.Protect>
);
