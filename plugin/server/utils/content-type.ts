import type { Struct, UID } from '@strapi/strapi';

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
