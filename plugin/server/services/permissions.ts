import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import type { Principal } from './principals';

/** The permission that `eventPermission: 'action'` asks for. */
const ACTION_SCOPES: Record<string, string> = { publish: 'update', unpublish: 'update' };

/** Content types whose REST controller, and with it the permission, goes by another name. */
const CONTROLLERS: Record<string, string> = {
  'plugin::upload.file': 'plugin::upload.content-api',
};

/** Who may receive what. */
export function createPermissionsService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');

  /** May this role or token receive the events of a content type? */
  const canReceive = (principal: Principal, uid: string, action: string): boolean => {
    const controller = CONTROLLERS[uid] ?? uid;
    return config.eventPermission === 'action'
      ? principal.can(`${controller}.${ACTION_SCOPES[action] ?? action}`)
      : principal.can(`${controller}.find`) || principal.can(`${controller}.findOne`);
  };

  return {
    canReceive,

    async recipients(uid: string, action: string): Promise<Principal[]> {
      const principals = await getService(strapi, 'principals').list();
      return principals.filter((principal) => canReceive(principal, uid, action));
    },
  };
}

export type PermissionsService = ReturnType<typeof createPermissionsService>;
