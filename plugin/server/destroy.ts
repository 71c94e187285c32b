import type { ServiceContext, Strapi } from './types';
import { getService } from './utils/get-service';

/** Frees everything that `register` and `bootstrap` took; a second boot may follow in the process. */
export default async function destroy({ strapi }: ServiceContext): Promise<void> {
  // Connections go first, so that no handler starts while the rest is taken down.
  await getService(strapi, 'server').stop();
  getService(strapi, 'invalidation').stop();
  await getService(strapi, 'changes').stop();
  delete (strapi as Partial<Pick<Strapi, '$io'>>).$io;
}
