import type {
  GetContentTypes,
  GetRoles,
  GetSettings,
  TestRedis,
  UpdateSettings,
} from '../../shared/contracts/settings';
import type { Settings } from '../../shared/settings';
import { UP_ROLE } from '../constants';
import type { ServiceContext } from '../types';
import { findContentType, hasDraftAndPublish } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { hidePassword, revealPassword } from '../utils/redis-url';
import { toError } from '../utils/to-error';
import { parseRedisTest } from '../validation/requests';
import { type Context, respond } from './respond';

/** Whether the Content Manager shows a type: the others are the inner workings of Strapi. */
const isVisible = (type: { pluginOptions?: unknown }): boolean => {
  const options = type.pluginOptions as { 'content-manager'?: { visible?: boolean } } | undefined;
  return options?.['content-manager']?.visible !== false;
};

const createSettingsController = ({ strapi }: ServiceContext) => {
  const settings = () => getService(strapi, 'settings');
  const redisUrl = (): string => settings().current().redis.url;
  type Data<C extends { Response: { data: unknown } }> = C['Response']['data'];

  const shown = (current: Settings): Settings => ({
    ...current,
    redis: { ...current.redis, url: hidePassword(current.redis.url) },
  });

  const state = (): Data<GetSettings> => ({
    settings: shown(settings().current()),
    sources: settings().sources(),
    restartRequired: settings().restartRequired(),
    notices: settings().notices(),
  });

  /** The input as it was meant, where it repeats what was shown. */
  const meant = (body: unknown): unknown => {
    const redis = (body as { redis?: { url?: unknown } } | null | undefined)?.redis;
    return typeof redis?.url === 'string'
      ? { ...(body as object), redis: { ...redis, url: revealPassword(redis.url, redisUrl()) } }
      : body;
  };

  return {
    find: (ctx: Context): Promise<void> => respond<Data<GetSettings>>(ctx, state),

    update: (ctx: Context): Promise<void> =>
      respond<Data<UpdateSettings>>(ctx, async () => {
        const { changed } = await settings().update(meant(ctx.request.body));
        return { ...state(), changed };
      }),

    contentTypes: (ctx: Context): Promise<void> =>
      respond<Data<GetContentTypes>>(ctx, () =>
        Object.keys(strapi.contentTypes)
          .filter((uid) => uid.startsWith('api::') || uid.startsWith('plugin::'))
          .map((uid) => findContentType(strapi, uid))
          .filter((type) => type !== undefined)
          .filter(isVisible)
          .map((type) => ({
            uid: type.uid,
            displayName: type.info.displayName,
            kind: type.kind,
            draftAndPublish: hasDraftAndPublish(type),
            eventPrefix: getService(strapi, 'options').eventPrefix(type.uid),
          })),
      ),

    roles: (ctx: Context): Promise<void> =>
      respond<Data<GetRoles>>(ctx, async () => {
        if (strapi.plugin('users-permissions') === undefined) return [];
        return strapi.db.query(UP_ROLE).findMany({ select: ['id', 'name', 'type'] });
      }),

    testRedis: (ctx: Context): Promise<void> =>
      respond<Data<TestRedis>>(ctx, async () => {
        const { url } = parseRedisTest(ctx.request.body);
        try {
          await getService(strapi, 'redis').test(
            url === undefined ? redisUrl() : revealPassword(url, redisUrl()),
          );
          return { success: true, error: null };
        } catch (error) {
          return { success: false, error: toError(error).message };
        }
      }),
  };
};

export default createSettingsController;
