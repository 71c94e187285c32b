// An application as the documentation has its readers write one: the examples are its files.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { boot } from '../../support/app.mjs';
import { pluginRoot, root } from '../../support/plugin-root.mjs';
import { components, contentTypes } from './content-types.mjs';

const factory = (kind, uid) =>
  `module.exports = require('@strapi/strapi').factories.createCore${kind}('${uid}');\n`;

/** An example of the documentation, as it is written there. */
export const example = (name) =>
  readFile(new URL(`../examples/${name}.txt`, import.meta.url), 'utf8');

/** An example that is one option, such as `contentTypes: […]`, in a whole config/plugins.js. */
export const inConfig = (option, ahead = '') =>
  `${ahead}module.exports = ({ env }) => ({ io: { enabled: true, config: {\n${option}\n} } });\n`;

const config = (value) => `module.exports = ${JSON.stringify(value)};\n`;

const BASE = {
  'package.json': JSON.stringify({
    name: 'plugin-io-documentation',
    private: true,
    dependencies: { '@strapi/plugin-users-permissions': '*' },
    strapi: { uuid: false, telemetryDisabled: true },
  }),
  'config/server.js': config({
    host: '127.0.0.1',
    port: 0,
    app: { keys: ['one', 'two'] },
    logger: { startup: { enabled: false } },
  }),
  'config/admin.js': config({
    autoOpen: false,
    serveAdminPanel: false,
    auth: { secret: 'admin secret' },
    apiToken: { salt: 'token salt' },
    transfer: { token: { salt: 'transfer salt' } },
    secrets: { encryptionKey: '0123456789abcdef0123456789abcdef' },
  }),
  'config/middlewares.js': config(
    ['errors', 'security', 'cors', 'query', 'body', 'session', 'favicon', 'public'].map(
      (name) => `strapi::${name}`,
    ),
  ),
  'config/logger.js': config({ level: 'error' }),
  // The file of the documentation, and where the plugin is, which is not installed here.
  'config/plugins.js': `
    const documented = require('../documented/plugins.js');
    module.exports = (context) => {
      const plugins = typeof documented === 'function' ? documented(context) : documented;
      return { ...plugins, io: { resolve: ${JSON.stringify(pluginRoot)}, ...plugins.io } };
    };
  `,
};

function typeFiles() {
  const files = {};
  for (const [name, schema] of Object.entries(contentTypes)) {
    const uid = `api::${name}.${name}`;
    const folder = `src/api/${name}`;
    files[`${folder}/content-types/${name}/schema.json`] = JSON.stringify(schema);
    files[`${folder}/controllers/${name}.js`] = factory('Controller', uid);
    files[`${folder}/routes/${name}.js`] = factory('Router', uid);
    files[`${folder}/services/${name}.js`] = factory('Service', uid);
  }
  for (const [name, schema] of Object.entries(components)) {
    files[`src/components/${name}.json`] = JSON.stringify(schema);
  }
  return files;
}

/** Sets variables of the environment; returns what takes them back. */
function setEnv(values) {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** Boots it with this text as its config/plugins.js, these `env` and more `files` by path. */
export async function bootDocumented(plugins, { env = {}, files = {} } = {}) {
  const parent = path.join(root, '.cache/tests/plugin');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'documented-'));
  const database = config({
    connection: {
      client: 'sqlite',
      connection: { filename: path.join(folder, 'data.db') },
      useNullAsDefault: true,
    },
  });
  const all = {
    ...BASE,
    ...typeFiles(),
    'config/database.js': database,
    'documented/plugins.js': plugins,
    ...files,
  };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  await mkdir(path.join(folder, 'public/uploads'), { recursive: true });
  const restore = setEnv({ JWT_SECRET: 'jwt secret', ...env });
  try {
    const app = await boot({}, { folder });
    const close = () => app.close().finally(restore);
    return { ...app, close };
  } catch (error) {
    restore();
    throw error;
  }
}
