import type { Struct, UID } from '@strapi/strapi';

import { suggest } from '../../shared/suggest';
import type { Strapi } from '../types';

/** The schema of a content type; undefined if there is none with this uid. */
export function findContentType(strapi: Strapi, uid: string): Struct.ContentTypeSchema | undefined {
  const model = strapi.getModel(uid as UID.ContentType) as Struct.ContentTypeSchema | undefined;
  return model?.modelType === 'contentType' ? model : undefined;
}

export const hasDraftAndPublish = (type: Struct.ContentTypeSchema): boolean =>
  type.options?.draftAndPublish === true;

/** Whether entries exist per locale (the i18n plugin's switch). */
export function isLocalized(type: Struct.ContentTypeSchema): boolean {
  const i18n = type.pluginOptions?.i18n as { localized?: boolean } | undefined;
  return i18n?.localized === true;
}

/** What was probably meant by the uid of a content type that does not exist. */
export function nearestType(uid: string, known: readonly string[]): string {
  // What all uids begin with says nothing.
  const nameOf = (one: string): string => one.trim().replace(/^\w+::/, '');
  // `note`, `notes` and `api::note` are short for `api::note.note`.
  const lastOf = (one: string): string => nameOf(one).split('.').slice(-1)[0];
  const own = known.filter((other) => other.startsWith('api::'));
  const near = (part: (one: string) => string, types: readonly string[]): string | undefined => {
    const found = suggest(part(uid), types.map(part));
    return types.find((other) => part(other) === found);
  };
  const meant = near(nameOf, known) ?? near(lastOf, own);
  if (meant !== undefined) return `did you mean ${JSON.stringify(meant)}?`;
  return `the application has ${own.join(', ') || 'none of its own'}`;
}
