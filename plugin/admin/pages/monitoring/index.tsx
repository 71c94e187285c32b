import { Page } from '@strapi/strapi/admin';

import { PERMISSIONS } from '../../constants';
import { MonitoringPage } from './MonitoringPage';

export default () => (
  <Page.Protect permissions={PERMISSIONS.readMonitoring}>
    <MonitoringPage />
  </Page.Protect>
);
