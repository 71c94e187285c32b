import { monitoringRoutes } from './monitoring';
import { presenceRoutes } from './presence';
import { settingsRoutes } from './settings';

export default {
  admin: { type: 'admin', routes: [...settingsRoutes, ...monitoringRoutes, ...presenceRoutes] },
};
