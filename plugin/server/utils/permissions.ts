import { PLUGIN_ID } from '../constants';
import type { Strapi } from '../types';

interface Action {
  section: 'plugins';
  displayName: string;
  uid: string;
  subCategory: string;
  pluginName: string;
}

interface ActionProvider {
  has(actionId: string): boolean;
  registerMany(actions: Action[]): Promise<unknown>;
}

const action = (subCategory: string, displayName: string, uid: string): Action => ({
  section: 'plugins',
  displayName,
  uid,
  subCategory,
  pluginName: PLUGIN_ID,
});

const ACTIONS = [
  action('settings', 'Read', 'settings.read'),
  action('settings', 'Edit', 'settings.update'),
  action('monitoring', 'Read', 'monitoring.read'),
  action('monitoring', 'Send test events, reset, disconnect', 'monitoring.update'),
];

/** Makes known what roles of admins can be allowed to do; only while Strapi boots. */
export async function registerPermissions(strapi: Strapi): Promise<void> {
  const { actionProvider } = strapi.service('admin::permission') as unknown as {
    actionProvider: ActionProvider;
  };
  // The registry belongs to the process: after a reload they are there already.
  const missing = ACTIONS.filter(({ uid }) => !actionProvider.has(`plugin::${PLUGIN_ID}.${uid}`));
  if (missing.length > 0) await actionProvider.registerMany(missing);
}
