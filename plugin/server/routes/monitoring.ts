import { guarded } from './guarded';

export const monitoringRoutes = [
  guarded('monitoring.read', 'GET', '/stats', 'monitoring.stats'),
  guarded('monitoring.read', 'GET', '/monitoring/stats', 'monitoring.summary'),
  guarded('monitoring.read', 'GET', '/event-log', 'monitoring.eventLog'),
  guarded('monitoring.update', 'POST', '/test-event', 'monitoring.sendTestEvent'),
  guarded('monitoring.update', 'POST', '/reset-stats', 'monitoring.resetStats'),
  guarded('monitoring.update', 'POST', '/sockets/:id/disconnect', 'monitoring.disconnect'),
];
