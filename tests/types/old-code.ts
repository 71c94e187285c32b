// Code written against the types of version 5.0: every name they exported, used as such code used it.
import type { Core } from '@strapi/strapi';
import type {
  ConnectionStats,
  ContentTypeConfig,
  EmitOptions,
  EntitySubscriptionResult,
  EntitySubscriptionsResult,
  EventLogEntry,
  EventStats,
  MonitoringService,
  PluginSettings,
  PopulateConfig,
  RawEmitOptions,
  RolePermission,
  SettingsService,
  SocketEvent,
  SocketIO,
  SocketIOConfig,
  SocketIOMetrics,
  TestEventResult,
} from '@strapi-community/plugin-io/types';
import type DefaultSocketIO from '@strapi-community/plugin-io/types';

const populate: PopulateConfig[] = ['*', true, ['author'], { author: { fields: ['name'] } }];

const contentType: ContentTypeConfig = {
  uid: 'api::article.article',
  actions: ['create', 'update', 'delete'],
  populate: populate[0],
};

const event: SocketEvent = {
  name: 'chat:message',
  handler: async ({ strapi, io }, socket, message: { text: string }) => {
    strapi.log.info(message.text);
    await io.raw({ event: 'chat', data: { from: socket.id } });
  },
};

export const config: SocketIOConfig = {
  contentTypes: [contentType, 'api::comment.comment'],
  events: [event],
  hooks: { init: ({ strapi, $io }) => strapi.log.info(String($io.server.engine.clientsCount)) },
  socket: { serverOptions: { cors: { origin: '*', methods: ['GET'] } } },
  sensitiveFields: ['ssn'],
};

export async function emitting(strapi: Core.Strapi, data: Record<string, unknown> | null) {
  const io: SocketIO = strapi.$io;
  const same: DefaultSocketIO = io;
  const schema = strapi.contentTypes['api::article.article'];
  const options: EmitOptions = { event: 'create', schema, data };
  await io.emit(options);
  const raw: RawEmitOptions = { event: 'a', data: { b: 1 }, rooms: ['vip'] };
  await same.raw(raw);
  same.invalidateCache();
  const metrics: SocketIOMetrics = io.getMetrics();
  const numbers: number[] = [
    metrics.totalEmits,
    metrics.cachedLookups,
    metrics.connectedSockets,
    metrics.errors,
    metrics.cacheSize.rooms,
    metrics.cacheSize.abilities,
  ];
  await io.destroy();
  return numbers;
}

// The old types declared the helpers as optional.
export async function helping(strapi: Core.Strapi) {
  const { $io } = strapi;
  const joined: boolean | undefined = $io.joinRoom?.('id', 'room');
  const left: boolean | undefined = $io.leaveRoom?.('id', 'room');
  const sockets: Array<{ id: string; user: unknown }> = await $io.getSocketsInRoom('room');
  $io.sendPrivateMessage?.('id', 'event', { a: 1 });
  $io.broadcast?.('id', 'event', { a: 1 });
  $io.emitToNamespace?.('admin', 'event', { a: 1 });
  $io.disconnectSocket?.('id', 'reason');
  const result: EntitySubscriptionResult = await $io.subscribeToEntity('id', 'api::a.a', 1);
  // Without a look at `success` first.
  strapi.log.info(result.error ?? `${result.room} ${result.uid} ${result.id}`);
  $io.unsubscribeFromEntity?.('id', 'api::a.a', 'documentId');
  const list: EntitySubscriptionsResult = $io.getEntitySubscriptions('id');
  const ids: string[] = (list.subscriptions ?? []).map(({ uid, id, room }) => uid + id + room);
  $io.emitToEntity?.('api::a.a', 1, 'event', { a: 1 });
  const watching = await $io.getEntityRoomSockets('api::a.a', 1);
  $io.namespaces?.admin?.emit('event');
  return { joined, left, sockets, ids, watching, error: list.error };
}

export async function settings(strapi: Core.Strapi) {
  const service: SettingsService = strapi.plugin('io').service('settings');
  const current: PluginSettings = await service.getSettings();
  const defaults: PluginSettings = service.getDefaultSettings();
  const editor: RolePermission = {
    canConnect: true,
    allowCredentials: true,
    allowedMethods: ['GET', 'POST'],
    contentTypes: { 'api::article.article': { create: true, update: true, delete: false } },
  };
  const changed: PluginSettings = await service.setSettings({
    ...current,
    security: { ...current.security, requireAuthentication: true },
    rolePermissions: { ...defaults.rolePermissions, editor },
  });
  const live: number | undefined = strapi.$ioSettings?.connection.maxConnections;
  return { changed, live, timeouts: current.connection.connectionTimeout, url: current.redis.url };
}

export function monitoring(strapi: Core.Strapi) {
  const service: MonitoringService = strapi.plugin('io').service('monitoring');
  const connections: ConnectionStats = service.getConnectionStats();
  const events: EventStats = service.getEventStats();
  const log: EventLogEntry[] = service.getEventLog(50);
  service.logEvent('custom', { a: 1 });
  service.resetStats();
  const test: TestEventResult = service.sendTestEvent('test', { a: 1 });
  return {
    connected: connections.connected,
    members: connections.rooms.map(({ name, members, isEntityRoom }) => [
      name,
      members,
      isEntityRoom,
    ]),
    addresses: connections.sockets.map(({ handshake }) => handshake.address),
    byType: connections.entitySubscriptions?.byContentType,
    perSecond: Number(events.eventsPerSecond) + events.totalEvents,
    sockets: log.map(({ data, timestamp }) => [data.socketId, timestamp]),
    recipients: test.recipients,
  };
}
