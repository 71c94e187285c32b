// As much of Strapi as its own content API sanitizer needs, out of Strapi's own parts: registries, the authentication
// service, the strategies of roles and API tokens, the schemas every application has, users-permissions' sanitizer.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const require = createRequire(import.meta.url);

/** A module of a package that does not export it. */
const part = (name, file) =>
  require(
    path.join(path.dirname(require.resolve(`${name}/package.json`, { paths: [root] })), file),
  );
const usersPermissionsPart = (file) =>
  part('@strapi/plugin-users-permissions', `dist/server/${file}.js`).__require();

const { sanitize } = require('@strapi/utils');
const { createContentType } = part('@strapi/core', 'dist/domain/content-type/index.js');
const createContentTypes = part('@strapi/core', 'dist/registries/content-types.js');
const createComponents = part('@strapi/core', 'dist/registries/components.js');
const createSanitizers = part('@strapi/core', 'dist/registries/sanitizers.js');
const createAuthentication = part('@strapi/core', 'dist/services/auth/index.js');
const tokenStrategy = part(
  '@strapi/admin',
  'dist/server/server/src/strategies/content-api-token.js',
).default;
const roleStrategy = usersPermissionsPart('strategies/users-permissions');
const { defaultSanitizeOutput } = usersPermissionsPart('utils/sanitize/sanitizers');

const adminType = (file) =>
  part('@strapi/admin', `dist/server/server/src/content-types/${file}.js`);

const definitions = {
  'plugin::upload.file': part('@strapi/upload', 'dist/server/content-types/file.js').schema,
  'plugin::upload.folder': part('@strapi/upload', 'dist/server/content-types/folder.js').schema,
  'plugin::users-permissions.user': usersPermissionsPart('content-types/user/index'),
  'plugin::users-permissions.role': usersPermissionsPart('content-types/role/index'),
  'plugin::users-permissions.permission': usersPermissionsPart('content-types/permission/index'),
  'admin::user': adminType('User'),
  'admin::role': adminType('Role'),
  'admin::permission': adminType('Permission'),
  'admin::api-token': adminType('api-token'),
  'admin::api-token-permission': adminType('api-token-permission'),
};

/** What every application comes with. */
export const BUILT_IN = Object.keys(definitions);

const quiet = { warn() {}, info() {}, error() {}, debug() {} };

/**
 * An application of these schemas, made the global `strapi`: Strapi's sanitizer asks that for its settings and
 * permissions. `contentTypes` are definitions by uid, `components` models by uid.
 */
export function createApp({ contentTypes, components, privateAttributes = [], localized = [] }) {
  const settings = { 'api.responses.privateAttributes': privateAttributes };
  const registries = {
    contentTypes: createContentTypes(),
    components: createComponents(),
    sanitizers: createSanitizers(),
  };
  const strapi = {
    log: quiet,
    config: { get: (name, fallback) => settings[name] ?? fallback },
    dirs: { app: { root } },
    auth: createAuthentication(),
    sanitizers: registries.sanitizers,
    getModel: (uid) => registries.contentTypes.get(uid) ?? registries.components.get(uid),
    get contentTypes() {
      return registries.contentTypes.getAll();
    },
    get components() {
      return registries.components.getAll();
    },
  };
  globalThis.strapi = strapi;
  registries.sanitizers.set('content-api', { input: [], output: [], query: [] });
  registries.sanitizers.add('content-api.output', defaultSanitizeOutput);
  for (const [uid, schema] of Object.entries({ ...definitions, ...contentTypes })) {
    const model = createContentType(uid, { schema, actions: {}, lifecycles: {} });
    localize(model, localized.includes(uid));
    registries.contentTypes.set(uid, model);
  }
  registries.components.add(components);
  strapi.contentAPI = {
    sanitize: sanitize.createAPISanitizers({
      getModel: strapi.getModel,
      get sanitizers() {
        return { output: registries.sanitizers.get('content-api.output') };
      },
    }),
  };
  return strapi;
}

/** What the i18n plugin adds to every content type. */
function localize(model, isLocalized) {
  model.attributes.locale = { type: 'string', private: !isLocalized };
  model.attributes.localizations = {
    type: 'relation',
    relation: 'oneToMany',
    target: model.uid,
    private: !isLocalized,
  };
}

const abilityOf = (scopes) => {
  const held = new Set(scopes);
  return { can: (scope) => held.has(scope) };
};

/** A role that holds these scopes. */
export function role(scopes) {
  const ability = abilityOf(scopes);
  return {
    name: `role holding ${scopes.join(', ')}`,
    can: ability.can,
    auth: { strategy: roleStrategy, credentials: { id: 1 }, ability },
  };
}

/** An API token; `scopes` are those of a custom one. */
export function token(type, scopes = []) {
  const ability = type === 'custom' ? abilityOf(scopes) : undefined;
  const auth = { strategy: tokenStrategy, credentials: { id: 1, type, expiresAt: null }, ability };
  const can = (scope) => {
    try {
      tokenStrategy.verify(auth, { scope });
      return true;
    } catch {
      return false;
    }
  };
  return { name: `${type} token holding ${scopes.join(', ')}`, can, auth };
}
