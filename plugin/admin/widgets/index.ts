import type { StrapiApp } from '@strapi/strapi/admin';
import { Lightning, User } from '@strapi/icons';

import { PERMISSIONS, PLUGIN_ID } from '../constants';
import { message } from '../utils/translations';

const MONITORING = `/settings/${PLUGIN_ID}/monitoring`;

/** Puts the widgets on the homepage; Strapi has a place for them since 5.13. */
export function addWidgets(app: StrapiApp): void {
  if (!('widgets' in app)) return;
  app.widgets.register([
    {
      id: 'statistics',
      pluginId: PLUGIN_ID,
      icon: Lightning,
      title: message('widgets.statistics.title'),
      link: { label: message('widgets.statistics.link'), href: MONITORING },
      permissions: PERMISSIONS.readMonitoring,
      component: async () => (await import('./Statistics')).Statistics,
    },
    {
      id: 'online',
      pluginId: PLUGIN_ID,
      icon: User,
      title: message('widgets.online.title'),
      link: { label: message('widgets.online.link'), href: MONITORING },
      permissions: PERMISSIONS.readMonitoring,
      component: async () => (await import('./Online')).Online,
    },
  ]);
}
