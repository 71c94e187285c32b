import type { ContentTypeSettings, SettingsPatch } from '../../shared/settings';
import { ACTIONS } from '../constants';
import { shownOrigins } from './cors';
import type { ResolvedConfig } from './schema';

/** Objects that came from a parsed file: absent keys are `undefined`. */
function given<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

/** Of values with their defaults, those which the file itself names. */
function written<T extends object>(own: object | undefined, values: T): Partial<T> {
  const named = (own ?? {}) as Record<string, unknown>;
  const entries = Object.entries(values).filter(([key]) => named[key] !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

function actionsOf(config: ResolvedConfig): Record<string, ContentTypeSettings> {
  return Object.fromEntries(
    config.contentTypes.map(({ uid, actions }) => [
      uid,
      Object.fromEntries(
        ACTIONS.map((action) => [action, actions.includes(action)]),
      ) as unknown as ContentTypeSettings,
    ]),
  );
}

/**
 * The part of the settings that config/plugins decides: the settings' own groups, and the options
 * that say the same under another name. Only what the file gives: the rest is the panel's.
 */
export function settingsFromFile(config: ResolvedConfig, raw: unknown): SettingsPatch {
  const { socket, connection, rooms, entitySubscriptions } = config;
  const server = socket?.serverOptions ?? {};
  const own = (raw ?? {}) as { onlyPublished?: unknown; security?: Record<string, unknown> };
  const { rateLimit, inputValidation, ...security } = config.security;
  return given({
    enabled: config.enabled,
    cors: given({ origins: shownOrigins(server.cors) ?? config.cors?.origins }),
    connection: given({
      ...connection,
      ...given({
        pingTimeout: server.pingTimeout,
        pingInterval: server.pingInterval,
        connectionTimeout: server.connectTimeout,
      }),
    }),
    security: given({
      ...written(own.security, security),
      rateLimiting: rateLimit === undefined ? undefined : given(rateLimit),
      inputValidation: inputValidation === undefined ? undefined : given(inputValidation),
    }),
    contentTypes: actionsOf(config),
    events: given({
      onlyPublished: own.onlyPublished === undefined ? undefined : config.onlyPublished,
    }),
    rooms,
    entitySubscriptions,
    rolePermissions: config.rolePermissions,
    redis: config.redis,
    namespaces: config.namespaces,
    monitoring: config.monitoring,
    presence:
      config.presence === undefined ? undefined : given({ enabled: config.presence.enabled }),
  });
}
