// Small Strapi applications of chosen versions, made and installed as their users do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { cache } from '../../scripts/lib/paths.mjs';
import { must, npm } from '../../scripts/lib/run.mjs';

const INSTALL_TIMEOUT = 300_000;
const ADMIN = { email: 'ada@example.com', password: 'Passw0rd!', firstname: 'Ada', lastname: 'L.' };

const schema = {
  kind: 'collectionType',
  collectionName: 'articles',
  info: { singularName: 'article', pluralName: 'articles', displayName: 'Article' },
  options: { draftAndPublish: false },
  attributes: { title: { type: 'string' }, secret: { type: 'string', private: true } },
};

const bootstrap = `
module.exports = {
  async bootstrap({ strapi }) {
    const role = await strapi.db
      .query('plugin::users-permissions.role')
      .findOne({ where: { type: 'public' } });
    for (const name of ['find', 'create']) {
      await strapi.db
        .query('plugin::users-permissions.permission')
        .create({ data: { action: 'api::article.article.' + name, role: role.id } });
    }
    const { httpServer } = strapi.server;
    httpServer.once('listening', () => console.log('LISTENING ON ' + httpServer.address().port));
  },
};
`;

const config = (value) => `module.exports = ${JSON.stringify(value)};\n`;
const middlewares = ['errors', 'security', 'cors', 'query', 'body', 'session', 'favicon', 'public'];

function writeApp(folder, database) {
  const write = (file, content) => {
    const target = path.join(folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('config/database.js', config(database));
  write(
    'config/server.js',
    `module.exports = { host: '127.0.0.1', port: Number(process.env.PORT), app: { keys: ['a', 'b'] } };\n`,
  );
  write(
    'config/admin.js',
    config({
      serveAdminPanel: false,
      auth: { secret: 'admin secret' },
      apiToken: { salt: 'token salt' },
      transfer: { token: { salt: 'transfer salt' } },
    }),
  );
  write('config/middlewares.js', config(middlewares.map((name) => `strapi::${name}`)));
  write(
    'config/plugins.js',
    config({
      'users-permissions': { config: { jwtSecret: 'jwt secret' } },
      io: { enabled: true, config: { contentTypes: ['api::article.article'] } },
    }),
  );
  write('favicon.png', '');
  fs.mkdirSync(path.join(folder, 'public/uploads'), { recursive: true });
  write('src/index.js', bootstrap);
  write('src/api/article/content-types/article/schema.json', schema);
  for (const kind of ['Controller', 'Router', 'Service']) {
    const place = kind === 'Router' ? 'routes' : `${kind.toLowerCase()}s`;
    const factory = `module.exports = require('@strapi/strapi').factories.createCore${kind}('api::article.article');\n`;
    write(`src/api/article/${place}/article.js`, factory);
  }
}

const install = {
  npm: (folder, ...packages) =>
    npm(
      ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', ...packages],
      { cwd: folder, quiet: true, timeout: INSTALL_TIMEOUT },
    ),
  pnpm: (folder, ...packages) =>
    npm(
      [
        ...['exec', '--yes', '--package', 'pnpm@10', '--', 'pnpm'],
        ...[packages.length > 0 ? 'add' : 'install', '--ignore-workspace'],
        ...['--ignore-scripts', '--prefer-offline', ...packages],
      ],
      { cwd: folder, quiet: true, timeout: INSTALL_TIMEOUT },
    ),
};

/** Adds the packed package to an application, as users do. */
export const addPackage = (folder, manager, tarballs) => install[manager](folder, ...tarballs);

/**
 * Makes an application with this version of Strapi. `manager` is npm or pnpm; `dependencies` are added to those that
 * every application has.
 */
export async function installApp({ version, manager, dependencies, database }) {
  const folder = path.join(cache, 'tests/versions', `${manager}-${version}`);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  writeApp(folder, database);
  const manifest = {
    name: 'plugin-io-version-test',
    version: '0.0.0',
    private: true,
    dependencies: {
      '@strapi/strapi': version,
      '@strapi/plugin-users-permissions': version,
      pg: '^8.13.1',
      react: '^18.0.0',
      'react-dom': '^18.0.0',
      'react-router-dom': '^6.0.0',
      'styled-components': '^6.0.0',
      ...dependencies,
    },
    // Versions of sharp before 0.33 download a library when they are installed.
    overrides: { sharp: '0.33.5' },
    pnpm: { overrides: { sharp: '0.33.5' } },
    strapi: { telemetryDisabled: true },
  };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await install[manager](folder);
  return folder;
}

/** The TypeScript settings of the application that `npm create strapi` makes. */
export async function templateTsconfig(version) {
  const folder = path.join(cache, 'tests/versions', 'template');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const flags = ['skip-cloud', 'no-run', 'typescript', 'non-interactive', 'no-example'];
  await npm(
    [
      ...['exec', '--yes', '--', `create-strapi-app@${version}`, folder],
      ...[...flags, 'no-git-init', 'no-install', 'use-npm', 'dbclient=sqlite'].map((f) => `--${f}`),
    ],
    { cwd: path.dirname(folder), quiet: true, timeout: INSTALL_TIMEOUT },
  );
  const tsconfig = fs.readFileSync(path.join(folder, 'tsconfig.json'), 'utf8');
  fs.rmSync(folder, { recursive: true, force: true });
  return tsconfig;
}

/** A Node.js of that version, from its npm package. */
export async function installNode(version) {
  const folder = path.join(cache, 'tests/node', version);
  const binary = path.join(folder, 'node_modules/node/bin/node');
  if (fs.existsSync(binary)) return binary;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const options = { cwd: folder, quiet: true, timeout: INSTALL_TIMEOUT };
  // The package fetches the binary, a package of its own, when it is installed.
  await npm(
    ['install', '--no-audit', '--no-fund', '--foreground-scripts', `node@${version}`],
    options,
  );
  if (!fs.existsSync(binary)) {
    await must(process.execPath, ['node_modules/node/installArchSpecificPackage.js'], options);
  }
  return binary;
}

/** Versions of all installed copies of a package. */
export const copiesOf = (folder, name) =>
  [...walk(path.join(folder, 'node_modules'), path.join(...name.split('/')))]
    .map((copy) => JSON.parse(fs.readFileSync(path.join(copy, 'package.json'), 'utf8')).version)
    .sort();

function walk(modules, name, found = new Set()) {
  if (!fs.existsSync(modules)) return found;
  const here = path.join(modules, name);
  if (fs.existsSync(path.join(here, 'package.json'))) found.add(fs.realpathSync(here));
  for (const entry of fs.readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const at = path.join(modules, entry.name);
    if (entry.name === '.pnpm') {
      for (const store of fs.readdirSync(at))
        walk(path.join(at, store, 'node_modules'), name, found);
    } else if (entry.name.startsWith('@')) {
      for (const scoped of fs.readdirSync(at))
        walk(path.join(at, scoped, 'node_modules'), name, found);
    } else walk(path.join(at, 'node_modules'), name, found);
  }
  return found;
}

/** Starts an application with this Node.js; resolves once it listens. */
export async function startApp(folder, node) {
  const child = spawn(node, ['node_modules/@strapi/strapi/bin/strapi.js', 'start'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', PORT: '0', STRAPI_TELEMETRY_DISABLED: 'true' },
  });
  let output = '';
  const exited = once(child, 'exit');
  const port = await new Promise((resolve, reject) => {
    const read = (text) => {
      output += text;
      const found = /LISTENING ON (\d+)/.exec(output);
      if (found) resolve(found[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code) => reject(new Error(`Strapi ended with code ${code}:\n${output}`)));
  });
  const url = `http://127.0.0.1:${port}`;

  /** Resolves with the status and the parsed body. */
  const request = async (method, place, { data, token } = {}) => {
    const response = await fetch(url + place, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: data && JSON.stringify(data),
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, body: await response.json() };
  };

  return {
    url,
    request,
    output: () => output,

    /** Registers the first admin and logs in as a browser does. */
    async login() {
      const { body } = await request('POST', '/admin/register-admin', { data: ADMIN });
      return body.data.token;
    },

    async stop() {
      child.kill('SIGTERM');
      return (await exited)[0];
    },

    kill: () => child.kill('SIGKILL'),
  };
}
