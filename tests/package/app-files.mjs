// The files of small Strapi applications: one in JavaScript by hand, one in TypeScript as `npm create strapi` makes it.
import fs from 'node:fs';
import path from 'node:path';
import { npm } from '../../scripts/lib/run.mjs';

const CREATE_TIMEOUT = 120_000;

const schema = {
  kind: 'collectionType',
  collectionName: 'articles',
  info: { singularName: 'article', pluralName: 'articles', displayName: 'Article' },
  options: { draftAndPublish: false },
  attributes: { title: { type: 'string' }, secret: { type: 'string', private: true } },
};

/** `type` is that of its parameter in TypeScript. */
const bootstrap = (type = '') => `  async bootstrap({ strapi }${type}) {
    const role = await strapi.db
      .query('plugin::users-permissions.role')
      .findOne({ where: { type: 'public' } });
    for (const name of ['find', 'create']) {
      await strapi.db
        .query('plugin::users-permissions.permission')
        .create({ data: { action: 'api::article.article.' + name, role: role.id } });
    }
    const { httpServer } = strapi.server;
    httpServer.once('listening', () => console.log('LISTENING ON ' + Object(httpServer.address()).port));
  },
`;

const middlewares = ['errors', 'security', 'cors', 'query', 'body', 'session', 'favicon', 'public'];

/** Of every application. */
const dependencies = (version) => ({
  '@strapi/strapi': version,
  '@strapi/plugin-users-permissions': version,
  pg: '^8.13.1',
  react: '^18.0.0',
  'react-dom': '^18.0.0',
  'react-router-dom': '^6.0.0',
  'styled-components': '^6.0.0',
});

/** Versions of sharp before 0.33 download a library when they are installed. */
const overrides = { sharp: '0.33.5' };

/** Writes files below a folder; anything but text becomes JSON. */
const writer = (folder) => (file, content) => {
  const target = path.join(folder, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(
    target,
    typeof content === 'string' ? content : JSON.stringify(content, null, 2),
  );
};

/** `factory(kind)` is the text of the controller, the router and the service. */
function writeArticles(write, extension, factory) {
  write('src/api/article/content-types/article/schema.json', schema);
  for (const kind of ['Controller', 'Router', 'Service']) {
    const place = kind === 'Router' ? 'routes' : `${kind.toLowerCase()}s`;
    write(`src/api/article/${place}/article.${extension}`, factory(kind));
  }
}

/** An application in JavaScript, without an admin panel. */
export function writeJavaScriptApp(folder, { version, database, dependencies: more }) {
  const write = writer(folder);
  const config = (name, value) =>
    write(`config/${name}.js`, `module.exports = ${JSON.stringify(value)};\n`);
  config('database', database);
  write(
    'config/server.js',
    `module.exports = { host: '127.0.0.1', port: Number(process.env.PORT), app: { keys: ['a', 'b'] } };\n`,
  );
  config('admin', {
    serveAdminPanel: false,
    auth: { secret: 'admin secret' },
    apiToken: { salt: 'token salt' },
    transfer: { token: { salt: 'transfer salt' } },
  });
  config(
    'middlewares',
    middlewares.map((name) => `strapi::${name}`),
  );
  config('plugins', {
    'users-permissions': { config: { jwtSecret: 'jwt secret' } },
    io: { enabled: true, config: { contentTypes: ['api::article.article'] } },
  });
  write('favicon.png', '');
  fs.mkdirSync(path.join(folder, 'public/uploads'), { recursive: true });
  write('src/index.js', `module.exports = {\n${bootstrap()}};\n`);
  writeArticles(
    write,
    'js',
    (kind) =>
      `module.exports = require('@strapi/strapi').factories.createCore${kind}('api::article.article');\n`,
  );
  write('package.json', {
    name: 'plugin-io-version-test',
    version: '0.0.0',
    private: true,
    dependencies: { ...dependencies(version), ...more },
    overrides,
    pnpm: { overrides },
    strapi: { telemetryDisabled: true },
  });
}

const plugins = `import type { SocketIOConfig } from '@strapi-community/plugin-io/types';

const io: SocketIOConfig = {
  contentTypes: ['api::article.article'],
  hooks: {
    init({ io, strapi }) {
      strapi.log.info(\`\${io.server.engine.clientsCount} clients\`);
    },
  },
};

export default () => ({
  'users-permissions': { config: { jwtSecret: 'jwt secret' } },
  io: { enabled: true, config: io },
});
`;

/** The variables that the template's config/database.ts reads. */
const environment = ({ connection: { client, connection } }) =>
  Object.entries({
    CLIENT: client,
    HOST: connection.host,
    PORT: connection.port,
    NAME: connection.database,
    USERNAME: connection.user,
    PASSWORD: connection.password,
  })
    .map(([name, value]) => `DATABASE_${name}=${value}\n`)
    .join('');

/** The application of the TypeScript template of that version. `flags` are further ones of its own. */
export async function writeTypeScriptApp(
  folder,
  { version, database, dependencies: more, flags = [] },
) {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  await npm(
    [
      ...['exec', '--yes', '--', `create-strapi-app@${version}`, folder, '--typescript'],
      ...[
        'skip-cloud',
        'no-run',
        'no-example',
        'no-git-init',
        'no-install',
        'use-npm',
        ...flags,
      ].map((flag) => `--${flag}`),
      '--dbclient=sqlite',
    ],
    { cwd: path.dirname(folder), quiet: true, timeout: CREATE_TIMEOUT },
  );
  const write = writer(folder);
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  // Its SQLite would have to be compiled.
  delete manifest.dependencies['better-sqlite3'];
  write('package.json', {
    ...manifest,
    dependencies: { ...manifest.dependencies, ...dependencies(version), ...more },
    overrides,
    pnpm: { overrides },
  });
  fs.appendFileSync(path.join(folder, '.env'), environment(database));
  write('config/plugins.ts', plugins);
  write(
    'src/index.ts',
    `import type { Core } from '@strapi/strapi';\n\nexport default {\n  register() {},\n\n${bootstrap(': { strapi: Core.Strapi }')}};\n`,
  );
  writeArticles(
    write,
    'ts',
    (kind) =>
      `import { factories } from '@strapi/strapi';\n\nexport default factories.createCore${kind}('api::article.article');\n`,
  );
  fs.copyFileSync(
    new URL('consumer.ts.txt', import.meta.url),
    path.join(folder, 'src/consumer.ts'),
  );
}
