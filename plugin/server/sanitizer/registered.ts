import { createRequire } from 'node:module';
import path from 'node:path';

import type { Strapi } from '../types';

/**
 * Who takes part in `strapi.contentAPI.sanitize.output` beyond Strapi itself: nobody, the
 * users-permissions plugin (the native sanitizer does what it does), or functions nobody knows,
 * which have to be called.
 */
export type RegisteredSanitizers = 'none' | 'users-permissions' | 'custom';

interface SanitizersModule {
  defaultSanitizeOutput?: unknown;
  /** The plugin is built from CommonJS: its modules are wrapped in a function. */
  __require?: () => SanitizersModule;
}

const USERS_PERMISSIONS = '@strapi/plugin-users-permissions';

/** Where the plugin keeps its sanitizers, by version. */
const MODULES = ['dist/server/utils/sanitize/sanitizers.js', 'server/utils/sanitize/sanitizers.js'];

/**
 * The very function that users-permissions registers. It carries no name, so it is recognised by
 * identity: taken from the plugin's module as Node has loaded it. Where that is not found, its
 * sanitizer counts as a custom one, which costs time and nothing else.
 */
function findUsersPermissionsSanitizer(strapi: Strapi): unknown {
  const fromApp = createRequire(path.join(strapi.dirs.app.root, 'package.json'));
  let root: string;
  try {
    root = path.dirname(fromApp.resolve(`${USERS_PERMISSIONS}/package.json`));
  } catch {
    return undefined;
  }
  for (const file of MODULES) {
    const loaded = fromApp.cache[path.join(root, file)]?.exports as SanitizersModule | undefined;
    const found = (loaded?.__require?.() ?? loaded)?.defaultSanitizeOutput;
    if (typeof found === 'function') return found;
  }
  return undefined;
}

/** Tells which sanitizers are registered at the time of asking: applications add them whenever. */
export function createRegistryReader(strapi: Strapi): () => RegisteredSanitizers {
  let known: unknown;
  return () => {
    const registered = strapi.sanitizers.get('content-api.output') as unknown[];
    if (registered.length === 0) return 'none';
    known ??= findUsersPermissionsSanitizer(strapi);
    return registered.every((sanitizer) => sanitizer === known) ? 'users-permissions' : 'custom';
  };
}
