import { PLUGIN_ID } from '../constants';
import type { Strapi } from '../types';

interface Monitoring {
  logEvent(type: string, data: unknown): void;
}

/** Writes to the event log of the monitoring service, where there is one. */
export function logEvent(strapi: Strapi, type: string, data: unknown): void {
  const monitoring = strapi.plugin(PLUGIN_ID).services.monitoring as Monitoring | undefined;
  monitoring?.logEvent(type, data);
}
