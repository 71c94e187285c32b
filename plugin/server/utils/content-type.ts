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
  const nameOf = (one: string): string => one.replace(/^\w+::/, '');
  const near = suggest(nameOf(uid), known.map(nameOf));
  const meant = known.find((other) => nameOf(other) === near);
  if (meant !== undefined) return `did you mean ${JSON.stringify(meant)}?`;
  const own = known.filter((other) => other.startsWith('api::'));
  return `the application has ${own.join(', ') || 'none of its own'}`;
}
