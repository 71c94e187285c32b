import { parseConfig, type ResolvedConfig, type WatchedType } from '../config';
import type { Settings } from '../../shared/settings';
import { suggest } from '../../shared/suggest';
import { ACTIONS, PLUGIN_ID } from '../constants';
import type { ServiceContext } from '../types';
import { findContentType } from '../utils/content-type';
import { getService } from '../utils/get-service';

/** The types of attributes that are part of an entity only when populated. */
const NESTED = new Set(['relation', 'media', 'component', 'dynamiczone']);

/** The file configuration with its defaults, and what it says about each watched content type. */
export function createOptionsService({ strapi }: ServiceContext) {
  const config: ResolvedConfig = parseConfig(strapi.config.get(`plugin::${PLUGIN_ID}`));
  const configured = new Map<string, WatchedType>(
    config.contentTypes.map((type) => [type.uid, type]),
  );
  const settings = (): Settings => getService(strapi, 'settings').current();

  /** What the settings switch on, with the details that only the file can give. */
  const watchedType = (uid: string): WatchedType | undefined => {
    const { contentTypes, events } = settings();
    if (!Object.hasOwn(contentTypes, uid)) return undefined;
    const actions = ACTIONS.filter((action) => contentTypes[uid][action]);
    if (actions.length === 0) return undefined;
    const own = configured.get(uid);
    const populate = own?.populate ?? (events.includeRelations ? '*' : undefined);
    return { ...own, uid, actions, populate };
  };

  const eventPrefix = (uid: string): string =>
    configured.get(uid)?.eventPrefix ?? findContentType(strapi, uid)?.info.singularName ?? uid;

  /** An unknown name would make every read fail, and with it every event. */
  const checkPopulate = (path: string, uid: string, populate: WatchedType['populate']): void => {
    if (typeof populate !== 'object') return;
    const attributes = Object.entries(findContentType(strapi, uid)?.attributes ?? {});
    const known = attributes.filter(([, { type }]) => NESTED.has(type)).map(([name]) => name);
    const names = Array.isArray(populate) ? populate : Object.keys(populate);
    names.forEach((name, index) => {
      const [first] = name.split('.');
      if (name === '*' || known.includes(first)) return;
      const place = Array.isArray(populate) ? `populate[${index}]` : 'populate';
      const meant = suggest(first, known);
      const hint =
        meant === undefined
          ? known.join(', ') || 'it has none'
          : `did you mean ${JSON.stringify(meant)}?`;
      throw new Error(
        `plugin io: ${path}.${place} ${JSON.stringify(name)} is not a relation, media, component or dynamic zone of ${uid}: ${hint}`,
      );
    });
  };

  return {
    config,

    /** Content types that are gone from the application may still be in the settings. */
    watchedUids: (): string[] =>
      Object.keys(settings().contentTypes).filter(
        (uid) => watchedType(uid) !== undefined && findContentType(strapi, uid) !== undefined,
      ),

    watchedType,

    eventPrefix,

    /** Draft & publish: are draft edits of this type kept from clients? */
    onlyPublished: (uid: string): boolean =>
      configured.get(uid)?.onlyPublished ?? settings().events.onlyPublished,

    /** `article:create`, or the name the settings give that. */
    eventName(uid: string, action: string): string {
      const name = `${eventPrefix(uid)}:${action}`;
      const { customEventNames } = settings().events;
      return Object.hasOwn(customEventNames, name) ? customEventNames[name] : name;
    },

    /**
     * Throws if a configured content type does not exist; of those listed twice the last one counts.
     * Not part of the validator: while configurations are read there are no content types yet.
     */
    checkContentTypes(): void {
      config.contentTypes.forEach(({ uid, populate }, index) => {
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
        checkPopulate(path, uid, populate);
        const first = config.contentTypes.findIndex((type) => type.uid === uid);
        if (first !== index) {
          strapi.log.warn(
            `plugin io: ${path} ${JSON.stringify(uid)} takes the place of contentTypes[${first}], which is the same content type`,
          );
        }
      });
    },
  };
}

export type OptionsService = ReturnType<typeof createOptionsService>;
