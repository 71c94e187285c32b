import { PLUGIN_ID } from '../constants';
import type { Services } from '../services';
import type { Strapi } from '../types';

/** A service of this plugin, typed: `strapi.plugin().service()` returns `any`. */
export function getService<N extends keyof Services>(strapi: Strapi, name: N): Services[N] {
  return strapi.plugin(PLUGIN_ID).service<Services[N]>(name);
}
