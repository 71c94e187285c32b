import type { RolePermissions } from '../../shared/settings';
import type { Identity } from '../access/identity';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import type { Principal } from './principals';

/** The permission that `eventPermission: 'action'` asks for. */
const ACTION_SCOPES: Record<string, string> = { publish: 'update', unpublish: 'update' };

/** Content types whose REST controller, and with it the permission, goes by another name. */
const CONTROLLERS: Record<string, string> = {
  'plugin::upload.file': 'plugin::upload.content-api',
};

type ContentAction = 'create' | 'update' | 'delete';

/** What readers see of the document decides: unpublished, it is gone; published again, it changed. */
const NARROWED_BY: Record<string, readonly ContentAction[]> = {
  create: ['create'],
  update: ['update'],
  delete: ['delete'],
  publish: ['create', 'update'],
  unpublish: ['delete'],
};

/** Events of the application's own: whoever gets any event of the content type gets them. */
const ANY_ACTION: readonly ContentAction[] = ['create', 'update', 'delete'];

/** Who may connect, and who may receive what. */
export function createPermissionsService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');

  /** What the settings say about a role, by its name or type. All of it holds. */
  const rulesFor = ({ kind, name, type }: Principal): RolePermissions[] => {
    if (kind !== 'role') return [];
    const names = [name.toLowerCase(), type.toLowerCase()];
    const { rolePermissions } = getService(strapi, 'settings').current();
    return Object.entries(rolePermissions)
      .filter(([role]) => names.includes(role.toLowerCase()))
      .map(([, rules]) => rules);
  };

  const mayConnectAs = (principal: Principal): boolean =>
    rulesFor(principal).every(({ canConnect }) => canConnect);

  /** Settings take away, they never give. */
  const isNarrowed = (principal: Principal, uid: string, action: string): boolean =>
    rulesFor(principal).some(({ canConnect, contentTypes }) => {
      const allowed = contentTypes[uid];
      if (!canConnect) return true;
      if (allowed === undefined) return false;
      return !(NARROWED_BY[action] ?? ANY_ACTION).some((name) => allowed[name]);
    });

  const isPermitted = (principal: Principal, uid: string, action: string): boolean => {
    const controller = CONTROLLERS[uid] ?? uid;
    return config.eventPermission === 'action'
      ? principal.can(`${controller}.${ACTION_SCOPES[action] ?? action}`)
      : principal.can(`${controller}.find`) || principal.can(`${controller}.findOne`);
  };

  /** May this role or token receive the events of a content type? */
  const canReceive = (principal: Principal, uid: string, action: string): boolean =>
    isPermitted(principal, uid, action) && !isNarrowed(principal, uid, action);

  return {
    canReceive,

    /** Whether the settings let a role connect. */
    mayConnectAs,

    /** Whether the settings let the role of whoever connects in. */
    async mayConnect({ principal }: Identity): Promise<boolean> {
      if (principal?.kind !== 'role') return true;
      const role = await getService(strapi, 'principals').role(principal.id);
      // A role that is gone can neither be asked nor be given anything.
      return role !== undefined && mayConnectAs(role);
    },

    /** The only events that sockets of a role or token may send; null: any. */
    allowedEvents(principal: Principal): readonly string[] | null {
      const lists = rulesFor(principal).flatMap(({ events }) => (events ? [events] : []));
      if (lists.length === 0) return null;
      return lists.reduce((names, list) => names.filter((event) => list.includes(event)));
    },

    /** For handlers that let clients into rooms: `socket.data.userId`, and the room asked for. */
    canAccessRoom: (userId: number | string | null | undefined, room: unknown): Promise<boolean> =>
      getService(strapi, 'rooms').canAccess(userId, room),

    async recipients(uid: string, action: string): Promise<Principal[]> {
      const principals = await getService(strapi, 'principals').list();
      return principals.filter((principal) => canReceive(principal, uid, action));
    },
  };
}

export type PermissionsService = ReturnType<typeof createPermissionsService>;
