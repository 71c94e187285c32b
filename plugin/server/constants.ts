/** The plugin's name inside Strapi; its configuration is stored at `plugin::io`. */
export const PLUGIN_ID = 'io';

/** Actions a content type sends unless its configuration lists others. */
export const DEFAULT_ACTIONS = ['create', 'update', 'delete'] as const;

/** Every action a content type may list. */
export const ACTIONS = [...DEFAULT_ACTIONS, 'publish', 'unpublish'] as const;

export type Action = (typeof ACTIONS)[number];

/** Fields that never leave the server, whatever the schema says about them. */
export const DEFAULT_SENSITIVE_FIELDS: readonly string[] = [
  'password',
  'salt',
  'hash',
  'resetPasswordToken',
  'confirmationToken',
  'refreshToken',
  'accessToken',
  'token',
  'secret',
  'apiKey',
  'api_key',
  'privateKey',
  'private_key',
];

export const UP_ROLE = 'plugin::users-permissions.role';
export const UP_USER = 'plugin::users-permissions.user';
export const UP_PERMISSION = 'plugin::users-permissions.permission';
export const API_TOKEN = 'admin::api-token';
export const API_TOKEN_PERMISSION = 'admin::api-token-permission';
export const SESSION = 'admin::session';
