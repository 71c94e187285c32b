// A real Strapi 5 application for one test: written to a folder of its own, on SQLite, on a free port.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentTypes } from './content-types.mjs';
import { pluginRoot, require, root } from './plugin-root.mjs';
import { keepProcessListeners } from './process-listeners.mjs';

process.env.STRAPI_TELEMETRY_DISABLED = 'true';
process.env.STRAPI_DISABLE_UPDATE_NOTIFICATION = 'true';
process.env.BROWSERSLIST_IGNORE_OLD_DATA = 'true';
process.env.NODE_ENV = 'test';

/** Configurations hold functions, so the application's config file fetches its own from here. */
const configs = (globalThis.pluginIoTestConfigs ??= new Map());

// Strapi may write to a folder once more after it has been removed, and tests may be cut short.
const folders = new Set();
process.on('exit', () => {
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

const factory = (kind, uid) =>
  `module.exports = require('@strapi/strapi').factories.createCore${kind}('${uid}');\n`;

/** `pluginsFile` replaces config/plugins, which else holds what `boot` was given. */
export async function writeApp(
  folder,
  {
    database,
    server = {},
    plugins = {},
    pluginsFile,
    types = {},
    components = {},
    ownTypes = true,
  },
) {
  const write = async (file, content) => {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(target, text);
  };
  const config = (value) => `module.exports = ${JSON.stringify(value)};\n`;
  await write('package.json', {
    name: 'plugin-io-test-app',
    version: '0.0.0',
    private: true,
    dependencies: { '@strapi/plugin-users-permissions': '*', ...plugins },
    strapi: { uuid: false, telemetryDisabled: true },
  });
  await write(
    'config/server.js',
    config({
      host: '127.0.0.1',
      port: 0,
      app: { keys: ['one', 'two'] },
      logger: { startup: { enabled: false } },
      ...server,
    }),
  );
  await write(
    'config/admin.js',
    config({
      autoOpen: false,
      serveAdminPanel: false,
      auth: { secret: 'admin secret' },
      apiToken: { salt: 'token salt' },
      transfer: { token: { salt: 'transfer salt' } },
      secrets: { encryptionKey: '0123456789abcdef0123456789abcdef' },
    }),
  );
  await write(
    'config/database.js',
    config(
      database ?? {
        connection: {
          client: 'sqlite',
          connection: { filename: path.join(folder, 'data.db') },
          useNullAsDefault: true,
        },
      },
    ),
  );
  await write(
    'config/plugins.js',
    pluginsFile ??
      `module.exports = () => globalThis.pluginIoTestConfigs.get(${JSON.stringify(folder)});\n`,
  );
  await write(
    'config/middlewares.js',
    config(
      ['errors', 'security', 'cors', 'query', 'body', 'session', 'favicon', 'public'].map(
        (name) => `strapi::${name}`,
      ),
    ),
  );
  await write('config/logger.js', "module.exports = { level: 'error' };\n");
  for (const [name, schema] of Object.entries({ ...(ownTypes ? contentTypes : {}), ...types })) {
    const uid = `api::${name}.${name}`;
    await write(`src/api/${name}/content-types/${name}/schema.json`, schema);
    for (const kind of ['Controller', 'Router', 'Service']) {
      const place = kind === 'Router' ? 'routes' : `${kind.toLowerCase()}s`;
      await write(`src/api/${name}/${place}/${name}.js`, factory(kind, uid));
    }
  }
  for (const [uid, schema] of Object.entries(components)) {
    await write(`src/components/${uid.replace('.', '/')}.json`, schema);
  }
  await mkdir(path.join(folder, 'public/uploads'), { recursive: true });
}

/** Keeps what Strapi logs, to be looked at by tests and kept out of their output. */
function captureLog(strapi) {
  const lines = [];
  for (const level of ['error', 'warn', 'info', 'http', 'debug']) {
    strapi.log[level] = (...args) => {
      lines.push({ level, text: args.map((arg) => arg?.stack ?? String(arg)).join(' ') });
    };
  }
  return lines;
}

/**
 * Boots the application with this configuration of the plugin. `close()` destroys it; `folder` of an
 * earlier one may be given to boot it again; `database` replaces the SQLite file, `server` adds
 * to config/server, `plugins` are further packages of Strapi's the application depends on, `types`
 * further content types (without `ownTypes` there are no others), `components` components by uid.
 * `enabled: false` boots the application without the plugin.
 */
export async function boot(
  config = {},
  { folder, usersPermissions = {}, enabled = true, ...application } = {},
) {
  const { createStrapi } = require('@strapi/strapi');
  if (folder === undefined) {
    const parent = path.join(root, '.cache/tests/plugin');
    await mkdir(parent, { recursive: true });
    folder = await mkdtemp(path.join(parent, 'app-'));
    folders.add(folder);
    await writeApp(folder, application);
  }
  configs.set(folder, {
    // Tests tell one change from the next, unless debouncing is what they are about.
    io: { enabled, resolve: pluginRoot, config: { debounce: 0, ...config } },
    'users-permissions': { config: { jwtSecret: 'jwt secret', ...usersPermissions } },
  });
  const restoreListeners = keepProcessListeners();
  const strapi = createStrapi({
    appDir: folder,
    distDir: folder,
    autoReload: false,
    serveAdminPanel: false,
  });
  const log = captureLog(strapi);
  const close = async ({ keep = false } = {}) => {
    try {
      await strapi.destroy();
    } finally {
      restoreListeners();
      if (!keep)
        await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  };
  try {
    await strapi.load();
    // Not `start()`: on an error it would end the process.
    await strapi.listen();
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  const { port } = strapi.server.httpServer.address();
  const url = `http://127.0.0.1:${port}`;
  return { strapi, log, url, folder, close, ...actions(strapi, url) };
}

function actions(strapi, url) {
  let sentinels = 0;

  /** REST: resolves with the answer's status and body. */
  const rest = async (method, place, { data, token } = {}) => {
    const response = await fetch(`${url}/api/${place}`, {
      method,
      headers: {
        ...(data === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: data === undefined ? undefined : JSON.stringify({ data }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };

  const role = (type) =>
    strapi.db.query('plugin::users-permissions.role').findOne({ where: { type } });

  /** Gives a role permissions: `grant('public', 'api::note.note', 'find', 'create')`. */
  const grant = async (type, uid, ...names) => {
    const { id } = await role(type);
    for (const name of names) {
      await strapi.db
        .query('plugin::users-permissions.permission')
        .create({ data: { action: `${uid}.${name}`, role: id } });
    }
  };

  const addUser = async (name, type = 'authenticated', fields = {}) => {
    const { id } = await role(type);
    const user = await strapi
      .plugin('users-permissions')
      .service('user')
      .add({
        username: name,
        email: `${name}@example.com`,
        password: 'Passw0rd!',
        provider: 'local',
        confirmed: true,
        role: id,
        ...fields,
      });
    const jwt = await strapi.plugin('users-permissions').service('jwt').issue({ id: user.id });
    return { user, jwt };
  };

  /**
   * Lets everything that has been committed go out, then sends an event after it. A client that has
   * seen the sentinel has seen all there was to see.
   */
  const flush = async (...clients) => {
    await strapi.plugin('io').service('changes').idle();
    sentinels += 1;
    const name = `sentinel:${sentinels}`;
    const seen = clients.map((client) => client.next(name));
    await strapi.$io.raw({ event: name });
    await Promise.all(seen);
  };

  return { rest, role, grant, addUser, flush };
}
