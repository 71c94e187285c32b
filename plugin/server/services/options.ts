import { parseConfig, type ResolvedConfig, type WatchedType } from '../config';
import { suggest } from '../config/suggest';
import { PLUGIN_ID } from '../constants';
import type { ServiceContext } from '../types';
import { findContentType } from '../utils/content-type';

/** The file configuration with its defaults, and what it says about each watched content type. */
export function createOptionsService({ strapi }: ServiceContext) {
  const config: ResolvedConfig = parseConfig(strapi.config.get(`plugin::${PLUGIN_ID}`));
  const watched = new Map<string, WatchedType>(config.contentTypes.map((type) => [type.uid, type]));

  return {
    config,

    watchedUids: (): string[] => [...watched.keys()],

    watchedType: (uid: string): WatchedType | undefined => watched.get(uid),

    /** Draft & publish: are draft edits of this type kept from clients? */
    onlyPublished: (uid: string): boolean =>
      watched.get(uid)?.onlyPublished ?? config.onlyPublished,

    /** `article:create` */
    eventName(uid: string, action: string): string {
      const prefix =
        watched.get(uid)?.eventPrefix ?? findContentType(strapi, uid)?.info.singularName ?? uid;
      return `${prefix}:${action}`;
    },

    /**
     * Throws if a configured content type does not exist or is listed twice. Not part of the
     * validator: while configurations are read there are no content types yet.
     */
    checkContentTypes(): void {
      config.contentTypes.forEach(({ uid }, index) => {
        const path = `contentTypes[${index}]`;
        if (findContentType(strapi, uid) === undefined) {
          const known = Object.keys(strapi.contentTypes);
          const meant = suggest(uid, known);
          const hint =
            meant === undefined
              ? `the application has ${known.filter((other) => other.startsWith('api::')).join(', ') || 'none of its own'}`
              : `did you mean ${JSON.stringify(meant)}?`;
          throw new Error(
            `plugin io: ${path} ${JSON.stringify(uid)} is not a content type: ${hint}`,
          );
        }
        const first = config.contentTypes.findIndex((type) => type.uid === uid);
        if (first !== index) {
          throw new Error(
            `plugin io: ${path} ${JSON.stringify(uid)} is already configured at contentTypes[${first}]`,
          );
        }
      });
    },
  };
}

export type OptionsService = ReturnType<typeof createOptionsService>;
