import type { AttributesResponse } from '../../../types';
import type { ServiceContext } from '../types';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';

/** The form of what is sent: `payloadFormat`. The data are sanitized before. */
export function createTransformService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  const isFlat = config.payloadFormat === 'flat';
  const sanitizer = () => getService(strapi, 'sanitize');

  return {
    /** The JSON text of an entity, as the argument of the event for one of its actions. */
    entity(uid: string, action: string, json: string): string {
      if (isFlat) return json;
      return action === 'delete'
        ? sanitizer().deletedToAttributes(uid, json)
        : sanitizer().toAttributes(uid, json);
    },

    /** The JSON text of `raw` data. */
    raw: (json: string): string => (isFlat ? json : `{"data":${json}}`),

    /** The same for data that hold bytes, and for `undefined`. */
    rawValue: (value: unknown): unknown => (isFlat ? value : { data: value }),

    /**
     * An entity, or an array of them, as `{ data: { id, attributes }, meta }`, whatever
     * `payloadFormat` says. The result is what JSON keeps of the data: dates are texts.
     */
    response({ data, schema }: { data: unknown; schema?: unknown }): AttributesResponse {
      if (data === null || data === undefined) return data;
      if (typeof data !== 'object') throw new Error('plugin io: transform: data is not an object');
      const uid = typeof schema === 'string' ? schema : (schema as { uid?: unknown } | null)?.uid;
      const known = typeof uid === 'string' && findContentType(strapi, uid) !== undefined;
      const json = sanitizer().toAttributes(known ? uid : null, JSON.stringify(data));
      return JSON.parse(json) as AttributesResponse;
    },
  };
}

export type TransformService = ReturnType<typeof createTransformService>;
