import { randomBytes } from 'node:crypto';

import { DEFAULT_SENSITIVE_FIELDS } from '../constants';
import { createNativeSanitizer, type NativeSanitizer } from '../sanitizer';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { toError } from '../utils/to-error';
import type { Principal } from './principals';

type Binary = ArrayBuffer | ArrayBufferView;

const isBinary = (value: unknown): value is Binary =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

function toJson(data: unknown, replacer?: (this: unknown, key: string, value: unknown) => unknown) {
  try {
    return JSON.stringify(data, replacer) as string | undefined;
  } catch (error) {
    throw new Error(`plugin io: data is not JSON: ${toError(error).message}`, { cause: error });
  }
}

/** Data without a schema, ready to be sent: as JSON text, or as a value if it holds bytes. */
export type RawCopy = { json: string } | { value: unknown };

/** What may be sent of an entity, and of any data. Throws rather than let anything through unchecked. */
export function createSanitizeService({ strapi }: ServiceContext) {
  const { config } = getService(strapi, 'options');
  /** Names what stands for bytes while the rest is JSON. Random: no data can pretend to be it. */
  const mark = `\0${randomBytes(8).toString('hex')}`;
  let compiled: { excluded: readonly string[]; sanitizer: NativeSanitizer } | null = null;

  /** Compiled on first use, when all schemas are final, and again when other fields are excluded. */
  const sanitizer = (): NativeSanitizer => {
    const excluded = getService(strapi, 'settings').current().events.excludeFields;
    if (compiled?.excluded !== excluded) {
      const options = {
        blockedWords: [...DEFAULT_SENSITIVE_FIELDS, ...config.sensitiveFields],
        allowedFields: config.allowedFields,
        excludedFields: excluded,
      };
      compiled = { excluded, sanitizer: createNativeSanitizer({ strapi, options }) };
    }
    return compiled.sanitizer;
  };

  return {
    /** What the REST API would answer each of them, without the sensitive fields: JSON texts and who gets which. */
    entity: (
      data: unknown,
      uid: string,
      principals: readonly Principal[],
    ): Promise<Map<string, Principal[]>> => sanitizer().sanitizeFor(uid, data, principals),

    /** The form that `payloadFormat: 'attributes'` gives an entity. */
    toAttributes: (uid: string | null, text: string): string => sanitizer().toAttributes(uid, text),

    deletedToAttributes: (uid: string, text: string): string =>
      sanitizer().deletedToAttributes(uid, text),

    /** Data without a schema: the blocklist alone. `undefined` is no data at all. */
    raw(data: unknown): RawCopy | undefined {
      const bytes: Binary[] = [];
      const json = toJson(data, function (key, value) {
        // Before `toJSON`, which makes a Buffer an object of numbers.
        const own = (this as Record<string, unknown>)[key];
        return isBinary(own) ? { [mark]: bytes.push(own) - 1 } : value;
      });
      if (json === undefined) return undefined;
      const kept = sanitizer().blocklist(json);
      if (bytes.length === 0) return { json: kept };
      const value: unknown = JSON.parse(kept, (_key, item: unknown) => {
        const index = (item as Record<string, unknown> | null)?.[mark];
        return typeof index === 'number' ? bytes[index] : item;
      });
      return { value };
    },
  };
}

export type SanitizeService = ReturnType<typeof createSanitizeService>;
