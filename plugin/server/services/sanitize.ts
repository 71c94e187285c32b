import type { UID } from '@strapi/strapi';

import { DEFAULT_SENSITIVE_FIELDS } from '../constants';
import type { ServiceContext } from '../types';
import { createBlocklist } from '../utils/blocklist';
import { getService } from '../utils/get-service';
import type { Principal } from './principals';

/** What a recipient may see of an entity. Throws rather than let anything through unchecked. */
export function createSanitizeService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const blocklist = createBlocklist({
    blocked: [...DEFAULT_SENSITIVE_FIELDS, ...config.sensitiveFields],
    allowed: config.allowedFields,
  });

  return {
    /** What the REST API would answer this principal, without the sensitive fields. */
    async entity(data: unknown, uid: string, { auth }: Principal): Promise<unknown> {
      const schema = strapi.getModel(uid as UID.ContentType);
      // Strapi's type wants the strategy's own class; it only ever calls `verify`.
      const options = { auth: auth as never };
      return blocklist(await strapi.contentAPI.sanitize.output(data, schema, options));
    },

    /** Data without a schema: the blocklist alone. */
    raw: (data: unknown): unknown => blocklist(data),
  };
}

export type SanitizeService = ReturnType<typeof createSanitizeService>;
