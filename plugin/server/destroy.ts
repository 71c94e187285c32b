import type { ServiceContext, Strapi } from './types';
import { getService } from './utils/get-service';

/** Frees everything that `register` and `bootstrap` took; a second boot may follow in the process. */
export default async function destroy({ strapi }: ServiceContext): Promise<void> {
  // What sends goes before the server it sends through.
  await getService(strapi, 'changes').stop();
  getService(strapi, 'invalidation').stop();
  await getService(strapi, 'server').stop();
  delete (strapi as Partial<Pick<Strapi, '$io'>>).$io;
}
