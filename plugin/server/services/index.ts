import type { ServiceContext } from '../types';
import { type AccessService, createAccessService } from './access';
import { type AdminSessionsService, createAdminSessionsService } from './admin-sessions';
import { type ChangesService, createChangesService } from './changes';
import { type ClientEventsService, createClientEventsService } from './client-events';
import { type ClusterService, createClusterService } from './cluster';
import { createEmitterService, type EmitterService } from './emitter';
import { createEventRulesService, type EventRulesService } from './event-rules';
import { createHandlersService, type HandlersService } from './handlers';
import { createHelpersService, type HelpersService } from './helpers';
import { createIdentitiesService, type IdentitiesService } from './identities';
import { createInvalidationService, type InvalidationService } from './invalidation';
import { createLiveAccessService, type LiveAccessService } from './live-access';
import { createMonitoringService, type MonitoringService } from './monitoring';
import { createMonitoringListsService, type MonitoringListsService } from './monitoring-lists';
import { createMonitoringLiveService, type MonitoringLiveService } from './monitoring-live';
import { createMonitoringNodesService, type MonitoringNodesService } from './monitoring-nodes';
import { createNamespacesService, type NamespacesService } from './namespaces';
import { createOptionsService, type OptionsService } from './options';
import { createPermissionsService, type PermissionsService } from './permissions';
import { createPresenceService, type PresenceService } from './presence';
import { createPrincipalsService, type PrincipalsService } from './principals';
import { createRedisService, type RedisService } from './redis';
import { createRoomsService, type RoomsService } from './rooms';
import { createSanitizeService, type SanitizeService } from './sanitize';
import { createSecurityService, type SecurityService } from './security';
import { createServerService, type ServerService } from './server';
import { createSettingsService, type SettingsService } from './settings';
import { createStrategyService, type StrategyService } from './strategy';
import { createSubscriptionsService, type SubscriptionsService } from './subscriptions';
import { createTransformService, type TransformService } from './transform';

export interface Services {
  access: AccessService;
  'admin-sessions': AdminSessionsService;
  changes: ChangesService;
  'client-events': ClientEventsService;
  cluster: ClusterService;
  emitter: EmitterService;
  'event-rules': EventRulesService;
  handlers: HandlersService;
  helpers: HelpersService;
  identities: IdentitiesService;
  invalidation: InvalidationService;
  'live-access': LiveAccessService;
  monitoring: MonitoringService;
  'monitoring-lists': MonitoringListsService;
  'monitoring-live': MonitoringLiveService;
  'monitoring-nodes': MonitoringNodesService;
  namespaces: NamespacesService;
  options: OptionsService;
  permissions: PermissionsService;
  presence: PresenceService;
  principals: PrincipalsService;
  redis: RedisService;
  rooms: RoomsService;
  sanitize: SanitizeService;
  security: SecurityService;
  server: ServerService;
  settings: SettingsService;
  strategy: StrategyService;
  subscriptions: SubscriptionsService;
  transform: TransformService;
}

/** One instance each per Strapi: nothing of the plugin lives at module level. */
const services: { [N in keyof Services]: (context: ServiceContext) => Services[N] } = {
  access: createAccessService,
  'admin-sessions': createAdminSessionsService,
  changes: createChangesService,
  'client-events': createClientEventsService,
  cluster: createClusterService,
  emitter: createEmitterService,
  'event-rules': createEventRulesService,
  handlers: createHandlersService,
  helpers: createHelpersService,
  identities: createIdentitiesService,
  invalidation: createInvalidationService,
  'live-access': createLiveAccessService,
  monitoring: createMonitoringService,
  'monitoring-lists': createMonitoringListsService,
  'monitoring-live': createMonitoringLiveService,
  'monitoring-nodes': createMonitoringNodesService,
  namespaces: createNamespacesService,
  options: createOptionsService,
  permissions: createPermissionsService,
  presence: createPresenceService,
  principals: createPrincipalsService,
  redis: createRedisService,
  rooms: createRoomsService,
  sanitize: createSanitizeService,
  security: createSecurityService,
  server: createServerService,
  settings: createSettingsService,
  strategy: createStrategyService,
  subscriptions: createSubscriptionsService,
  transform: createTransformService,
};

export default services;
