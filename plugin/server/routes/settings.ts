import { guarded } from './guarded';

export const settingsRoutes = [
  guarded('settings.read', 'GET', '/settings', 'settings.find'),
  guarded('settings.update', 'PUT', '/settings', 'settings.update'),
  guarded('settings.read', 'GET', '/content-types', 'settings.contentTypes'),
  guarded('settings.read', 'GET', '/roles', 'settings.roles'),
  guarded('settings.update', 'POST', '/redis/test', 'settings.testRedis'),
];
