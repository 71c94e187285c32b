import { guarded } from './guarded';

/** Presence, and the session tokens of admins. */
export const presenceRoutes = [
  {
    method: 'POST',
    path: '/presence/session',
    handler: 'presence.createSession',
    // For every admin: what they may see is decided per document.
    config: { policies: ['admin::isAuthenticatedAdmin'] },
  },
  guarded('monitoring.read', 'GET', '/presence/online', 'presence.online'),
  guarded('monitoring.read', 'GET', '/security/sessions', 'sessions.stats'),
  guarded('monitoring.update', 'POST', '/security/invalidate/:userId', 'sessions.invalidate'),
];
