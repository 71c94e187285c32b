/** The plugin's id in Strapi: prefix of its routes, translations and permissions. */
export const PLUGIN_ID = 'io';

const permission = (name: string) => [{ action: `plugin::io.${name}`, subject: null }];

/** What the routes under `/io` ask of an admin, for those who are shown their pages. */
export const PERMISSIONS = {
  readSettings: permission('settings.read'),
  updateSettings: permission('settings.update'),
  readMonitoring: permission('monitoring.read'),
  updateMonitoring: permission('monitoring.update'),
};
