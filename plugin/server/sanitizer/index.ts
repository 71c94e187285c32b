import type { UID } from '@strapi/strapi';

import { NativeSanitizer } from '../../socket-io/native';
import type { Strapi } from '../types';
import { describeModels } from './models';
import { createRegistryReader } from './registered';

export interface NativeSanitizerOptions {
  /** Fields whose name contains one of these, in any case, are never sent. */
  blockedWords: readonly string[];
  /** Names the blocked words do not take away. */
  allowedFields: readonly string[];
  /** Names that are not sent with content, at any level. */
  excludedFields: readonly string[];
}

/** Who gets a copy: a role or a token. */
export interface Recipient {
  can(scope: string): boolean;
  /** What Strapi's own sanitizers ask. */
  auth: unknown;
}

/**
 * Makes the copies of an entity that recipients may see: what the REST API would answer each of
 * them, without the sensitive fields. To be made from bootstrap on, when all schemas are final.
 */
export function createNativeSanitizer({
  strapi,
  options,
}: {
  strapi: Strapi;
  options: NativeSanitizerOptions;
}) {
  const models = describeModels(strapi);
  const registered = createRegistryReader(strapi);
  const compiledFor = registered();
  const native = new NativeSanitizer({
    models,
    blockedWords: [...options.blockedWords],
    allowedFields: [...options.allowedFields],
    excludedFields: [...options.excludedFields],
    hideRoleUsers: compiledFor === 'users-permissions',
  });
  const scopes = models.map(({ uid }) => `${uid}.find`);
  const scopeSets = new WeakMap<Recipient, number>();

  /** Asked once per recipient: permissions that change make a new recipient. */
  const scopeSetOf = (recipient: Recipient): number => {
    let id = scopeSets.get(recipient);
    if (id === undefined) {
      id = native.addScopes(scopes.filter((scope) => recipient.can(scope)));
      scopeSets.set(recipient, id);
    }
    return id;
  };

  const needsStrapi = (): boolean => {
    const now = registered();
    return now === 'custom' || now !== compiledFor;
  };

  const throughStrapi = async (
    uid: string,
    entity: unknown,
    { auth }: Recipient,
  ): Promise<string> => {
    const schema = strapi.getModel(uid as UID.ContentType);
    // Strapi's type wants the strategy's own class; it only ever calls `verify`.
    const seen = await strapi.contentAPI.sanitize.output(entity, schema, { auth: auth as never });
    return native.blocklistContent(toText(seen));
  };

  return {
    /**
     * Whether sanitizers are registered with Strapi that only JavaScript can run. Entities then go
     * through Strapi's sanitizer once per recipient.
     */
    needsStrapi,

    /**
     * The copies as JSON texts, each with those who get it. Throws if anything is wrong with the
     * entity: nothing may be sent then.
     */
    async sanitizeFor<R extends Recipient>(
      uid: string,
      entity: unknown,
      recipients: readonly R[],
    ): Promise<Map<string, R[]>> {
      const copies = new Map<string, R[]>();
      const give = (text: string, recipient: R): void => {
        const others = copies.get(text);
        if (others === undefined) copies.set(text, [recipient]);
        else others.push(recipient);
      };
      if (needsStrapi()) {
        for (const recipient of recipients) {
          give(await throughStrapi(uid, entity, recipient), recipient);
        }
      } else {
        const { texts, assignment } = native.sanitize(
          uid,
          toText(entity),
          recipients.map(scopeSetOf),
        );
        recipients.forEach((recipient, index) => give(texts[assignment[index]], recipient));
      }
      return copies;
    },

    /**
     * A sanitized entity, or an array of them, in the format of earlier versions. Without a content
     * type, nothing inside the entity is taken for a relation.
     */
    toAttributes: (uid: string | null, text: string): string => native.toAttributes(uid, text),

    /** The same for the ids of a deleted entity. */
    deletedToAttributes: (uid: string, text: string): string =>
      native.deletedToAttributes(uid, text),

    /** JSON text without a schema: the blocklist alone. */
    blocklist: (text: string): string => native.blocklist(text),
  };
}

export type NativeSanitizer = ReturnType<typeof createNativeSanitizer>;

function toText(data: unknown): string {
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined) throw new Error(`plugin io: ${typeof data} is not JSON`);
  return text;
}
