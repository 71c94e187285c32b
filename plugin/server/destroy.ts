import type { ServiceContext, Strapi } from './types';
import { getService } from './utils/get-service';

/** Frees everything that `register` and `bootstrap` took; a second boot may follow in the process. */
export default async function destroy({ strapi }: ServiceContext): Promise<void> {
  // What sends goes before the server it sends through.
  await getService(strapi, 'changes').stop();
  await getService(strapi, 'invalidation').stop();
  getService(strapi, 'monitoring-live').stop();
  getService(strapi, 'monitoring-nodes').stop();
  getService(strapi, 'presence').stop();
  await getService(strapi, 'admin-sessions').stop();
  await getService(strapi, 'live-access').stop();
  await getService(strapi, 'helpers').stop();
  await getService(strapi, 'server').stop();
  getService(strapi, 'namespaces').stop();
  await getService(strapi, 'settings').idle();
  delete (strapi as Partial<Pick<Strapi, '$io'>>).$io;
  Reflect.deleteProperty(strapi, '$ioSettings');
}
