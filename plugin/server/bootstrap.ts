import destroy from './destroy';
import type { ServiceContext, SocketIO } from './types';
import { getService } from './utils/get-service';
import { registerPermissions } from './utils/permissions';

export default async function bootstrap(context: ServiceContext): Promise<void> {
  const { strapi } = context;
  const emitter = getService(strapi, 'emitter');
  const server = getService(strapi, 'server');
  const helpers = getService(strapi, 'helpers');
  const $io: SocketIO = {
    ...helpers.helpers,
    emit: (options) => emitter.emit(options),
    raw: (options) => emitter.raw(options),
    get server() {
      return server.io();
    },
    get namespaces() {
      return getService(strapi, 'namespaces').all();
    },
    getMetrics: () => getService(strapi, 'monitoring').getMetrics(),
    destroy: () => destroy(context),
    invalidateCache: () => getService(strapi, 'invalidation').forget(),
  };
  await getService(strapi, 'options').check();
  strapi.$io = $io;
  Object.defineProperty(strapi, '$ioSettings', {
    get: () => getService(strapi, 'settings').current(),
    configurable: true,
  });
  try {
    await registerPermissions(strapi);
    await getService(strapi, 'settings').load();
    await server.start($io);
    getService(strapi, 'admin-sessions').start();
    getService(strapi, 'presence').start();
    getService(strapi, 'monitoring-nodes').start();
    getService(strapi, 'monitoring-lists').start();
    getService(strapi, 'monitoring-live').start();
    getService(strapi, 'live-access').start();
    getService(strapi, 'invalidation').start();
    getService(strapi, 'changes').watchRows();
  } catch (error) {
    // Strapi does not destroy plugins whose bootstrap failed.
    await destroy(context);
    throw error;
  }
}
