import { parseConfig, type ResolvedConfig, type WatchedType } from '../config';
import type { Settings } from '../../shared/settings';
import type { SettingsNotice } from '../../shared/contracts/settings';
import { passedBy } from '../config/passed-by';
import { checkPopulate } from '../config/populate';
import { tryPopulate } from '../config/try-populate';
import { ACTIONS, PLUGIN_ID } from '../constants';
import type { ServiceContext } from '../types';
import { findContentType, nearestType } from '../utils/content-type';
import { getService } from '../utils/get-service';

/** The file configuration with its defaults, and what it says about each watched content type. */
export function createOptionsService({ strapi }: ServiceContext) {
  const raw: unknown = strapi.config.get(`plugin::${PLUGIN_ID}`);
  const config: ResolvedConfig = parseConfig(raw);
  const notes: SettingsNotice[] = [];
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

  const note = (
    level: 'error' | 'warn',
    { path, message }: { path: string; message: string },
  ): void => {
    strapi.log[level](`plugin io: ${message}`);
    notes.push({ source: 'file', path, message });
  };

  /** Socket.IO takes all requests below its path: Strapi would answer none of them any more. */
  const checkPath = (): void => {
    const { path } = config.socket?.serverOptions ?? {};
    if (path === undefined) return;
    const own = `${path.replace(/\/$/, '')}/`;
    const places = [
      strapi.config.get('api.rest.prefix', '/api'),
      strapi.config.get('admin.path', '/admin'),
    ];
    const taken = places.find((place) => `${place}/`.startsWith(own));
    if (taken === undefined) return;
    throw new Error(
      `plugin io: socket.serverOptions.path ${JSON.stringify(path)} is where Strapi answers requests (${taken}): choose another, such as /socket.io`,
    );
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

    /** What config/plugins says and is not in force; complete after {@link check}. */
    notices: (): readonly SettingsNotice[] => notes,

    /**
     * Looks for what the configuration names and does not exist, and skips it: a content type that
     * was deleted must not keep Strapi from starting. Of a content type listed twice the last entry
     * counts. Not part of the validator: while configurations are read there are no content types.
     */
    async check(): Promise<void> {
      checkPath();
      notes.splice(0);
      for (const warning of passedBy(raw)) note('warn', warning);
      for (const [index, type] of config.contentTypes.entries()) {
        const { uid } = type;
        const path = `contentTypes[${index}]`;
        if (findContentType(strapi, uid) === undefined) {
          const hint = nearestType(uid, Object.keys(strapi.contentTypes));
          const message = `${path} ${JSON.stringify(uid)} is not a content type: ${hint}; it is skipped`;
          note('error', { path, message });
          continue;
        }
        const place = `${path}.populate`;
        const checked = checkPopulate(strapi, place, uid, type.populate);
        const tried = await tryPopulate(strapi, place, uid, checked.populate);
        for (const problem of [...checked.problems, ...tried.problems]) note('error', problem);
        const first = config.contentTypes.findIndex((other) => other.uid === uid);
        if (first !== index) {
          strapi.log.warn(
            `plugin io: ${path} ${JSON.stringify(uid)} takes the place of contentTypes[${first}], which is the same content type`,
          );
        }
        configured.set(uid, { ...type, populate: tried.populate });
      }
    },
  };
}

export type OptionsService = ReturnType<typeof createOptionsService>;
