import type { ServiceContext } from '../types';
import { type ChangesService, createChangesService } from './changes';
import { createEmitterService, type EmitterService } from './emitter';
import { createHandlersService, type HandlersService } from './handlers';
import { createInvalidationService, type InvalidationService } from './invalidation';
import { createOptionsService, type OptionsService } from './options';
import { createPermissionsService, type PermissionsService } from './permissions';
import { createPrincipalsService, type PrincipalsService } from './principals';
import { createSanitizeService, type SanitizeService } from './sanitize';
import { createServerService, type ServerService } from './server';
import { createSettingsService, type SettingsService } from './settings';
import { createStrategyService, type StrategyService } from './strategy';

export interface Services {
  changes: ChangesService;
  emitter: EmitterService;
  handlers: HandlersService;
  invalidation: InvalidationService;
  options: OptionsService;
  permissions: PermissionsService;
  principals: PrincipalsService;
  sanitize: SanitizeService;
  server: ServerService;
  settings: SettingsService;
  strategy: StrategyService;
}

/** One instance each per Strapi: nothing of the plugin lives at module level. */
const services: { [N in keyof Services]: (context: ServiceContext) => Services[N] } = {
  changes: createChangesService,
  emitter: createEmitterService,
  handlers: createHandlersService,
  invalidation: createInvalidationService,
  options: createOptionsService,
  permissions: createPermissionsService,
  principals: createPrincipalsService,
  sanitize: createSanitizeService,
  server: createServerService,
  settings: createSettingsService,
  strategy: createStrategyService,
};

export default services;
