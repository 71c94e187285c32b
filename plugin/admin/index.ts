/** The admin half of the plugin: its pages under Settings, two widgets and the presence panel. */
import type { StrapiApp } from '@strapi/strapi/admin';

import { PERMISSIONS, PLUGIN_ID } from './constants';
import { addPresencePanel } from './presence';
import { endOnLogout } from './socket';
import { loadTranslations, message } from './utils/translations';
import { addWidgets } from './widgets';

const plugin: StrapiApp['appPlugins'][string] = {
  register(app) {
    app.registerPlugin({ id: PLUGIN_ID, name: 'Socket.IO' });
    app.addSettingsLink({ id: PLUGIN_ID, intlLabel: message('plugin.name') }, [
      {
        id: `${PLUGIN_ID}-settings`,
        to: `${PLUGIN_ID}/settings`,
        intlLabel: message('settings.title'),
        permissions: PERMISSIONS.readSettings,
        Component: () => import('./pages/settings'),
      },
      {
        id: `${PLUGIN_ID}-monitoring`,
        to: `${PLUGIN_ID}/monitoring`,
        intlLabel: message('monitoring.title'),
        permissions: PERMISSIONS.readMonitoring,
        Component: () => import('./pages/monitoring'),
      },
    ]);
    addWidgets(app);
    app.addMiddlewares([endOnLogout]);
  },

  bootstrap(app) {
    addPresencePanel(app);
  },

  registerTrads: ({ locales }) => loadTranslations(locales),
};

export default plugin;
