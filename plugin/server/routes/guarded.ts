/** What admins may be allowed to do here; see `utils/permissions`. */
export type AdminAction =
  'settings.read' | 'settings.update' | 'monitoring.read' | 'monitoring.update';

/** An admin route of the plugin (below `/io`), open to those who hold the permission. */
export const guarded = (
  action: AdminAction,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  handler: string,
) => ({
  method,
  path,
  handler,
  config: {
    policies: [
      'admin::isAuthenticatedAdmin',
      { name: 'admin::hasPermissions', config: { actions: [`plugin::io.${action}`] } },
    ],
  },
});
