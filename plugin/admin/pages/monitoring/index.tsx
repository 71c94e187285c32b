import { Page } from '@strapi/strapi/admin';

import { PERMISSIONS } from '../../constants';
import { MonitoringPage } from './monitoring-page';

export default () => (
  <Page.Protect permissions={PERMISSIONS.readMonitoring}>
    <MonitoringPage />
  </Page.Protect>
);
