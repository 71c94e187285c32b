import destroy from './destroy';
import type { ServiceContext, SocketIO } from './types';
import { getService } from './utils/get-service';

/** Options that are accepted already and have no effect yet. */
function warnOfGaps({ strapi }: ServiceContext): void {
  const { security } = getService(strapi, 'options').config;
  const idle = [
    security.rateLimit === undefined ? null : 'security.rateLimit',
    security.ipWhitelist.length === 0 ? null : 'security.ipWhitelist',
    security.ipBlacklist.length === 0 ? null : 'security.ipBlacklist',
  ].filter((path) => path !== null);
  if (idle.length > 0) {
    strapi.log.warn(`plugin io: not enforced by this version: ${idle.join(', ')}`);
  }
}

export default async function bootstrap(context: ServiceContext): Promise<void> {
  const { strapi } = context;
  const emitter = getService(strapi, 'emitter');
  const server = getService(strapi, 'server');
  const $io: SocketIO = {
    emit: (options) => emitter.emit(options),
    raw: (options) => emitter.raw(options),
    get server() {
      return server.io();
    },
  };
  getService(strapi, 'options').checkContentTypes();
  warnOfGaps(context);
  strapi.$io = $io;
  try {
    await getService(strapi, 'settings').load();
    await server.start($io);
    getService(strapi, 'invalidation').start();
    getService(strapi, 'changes').watchRows();
  } catch (error) {
    // Strapi does not destroy plugins whose bootstrap failed.
    await destroy(context);
    throw error;
  }
}
