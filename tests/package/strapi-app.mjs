// Small Strapi applications of chosen versions, made and installed as their users do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { cache } from '../../scripts/lib/paths.mjs';
import { must, npm } from '../../scripts/lib/run.mjs';
import { writeJavaScriptApp, writeTypeScriptApp } from './app-files.mjs';

const INSTALL_TIMEOUT = 300_000;
const BUILD_TIMEOUT = 300_000;
const ADMIN = { email: 'ada@example.com', password: 'Passw0rd!', firstname: 'Ada', lastname: 'L.' };

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
 * Makes an application with this version of Strapi. `manager` is npm or pnpm, `language` javascript or typescript;
 * the other options are those of the writers of its files.
 */
export async function installApp({ version, manager, language, ...options }) {
  const folder = path.join(cache, 'tests/versions', `${manager}-${version}`);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  if (language === 'typescript') await writeTypeScriptApp(folder, { version, ...options });
  else writeJavaScriptApp(folder, { version, ...options });
  await install[manager](folder);
  return folder;
}

/** Compiles an application in TypeScript, with its admin panel or without. */
export async function build(folder, node, { withPanel }) {
  const options = {
    cwd: folder,
    env: { NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' },
    quiet: true,
    timeout: BUILD_TIMEOUT,
  };
  if (withPanel) return must(node, ['node_modules/@strapi/strapi/bin/strapi.js', 'build'], options);
  await must(node, ['node_modules/typescript/bin/tsc'], options);
  // Strapi does not start without a panel.
  fs.mkdirSync(path.join(folder, 'dist/build'));
  fs.writeFileSync(path.join(folder, 'dist/build/index.html'), '');
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
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      STRAPI_TELEMETRY_DISABLED: 'true',
    },
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
