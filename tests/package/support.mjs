// The package as a user gets it: real tarballs, installed by npm into folders that know nothing of this repository.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { packTarballs } from '../../scripts/lib/install.mjs';
import { cache, playground, root } from '../../scripts/lib/paths.mjs';
import { npm } from '../../scripts/lib/run.mjs';

export { playground, root };
export const require = createRequire(path.join(root, 'package.json'));

/** Installs the tarballs, and nothing but what they depend on, into a new folder. */
export async function installTarballs() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'plugin-io-package-'));
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  await npm(
    // Peers are Strapi's business; the socket.io half has to work without it.
    ['install', '--legacy-peer-deps', '--prefer-offline', '--no-audit', ...(await packTarballs())],
    { cwd: folder, quiet: true, timeout: 150_000 },
  );
  return folder;
}

/** A tree of hard links: what `cp -al` does, with directories of its own. */
function linkTree(from, to) {
  if (fs.existsSync(to)) return;
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), target);
    else fs.linkSync(source, target);
  }
}

/**
 * An application next to its own copy of Strapi, with the package from `installed`. The copy is made of links to the
 * repository's: another download of Strapi would prove nothing more.
 */
export function createApp(installed) {
  const app = path.join(cache, 'package-app');
  fs.rmSync(app, { recursive: true, force: true });
  for (const part of ['package.json', 'favicon.png', 'config', 'src', 'public']) {
    fs.cpSync(path.join(playground, part), path.join(app, part), { recursive: true });
  }
  // Strapi serves an admin panel only where one was built.
  fs.mkdirSync(path.join(app, 'build'));
  fs.writeFileSync(path.join(app, 'build/index.html'), '');
  const modules = path.join(app, 'node_modules');
  fs.cpSync(path.join(installed, 'node_modules'), modules, { recursive: true });
  const skip = new Set(['.bin', '.cache', '.package-lock.json', '@strapi-community']);
  for (const name of fs.readdirSync(path.join(root, 'node_modules'))) {
    if (skip.has(name)) continue;
    const from = path.join(root, 'node_modules', name);
    if (!fs.statSync(from).isDirectory()) continue;
    if (!name.startsWith('@')) linkTree(from, path.join(modules, name));
    else
      for (const scoped of fs.readdirSync(from)) {
        linkTree(path.join(from, scoped), path.join(modules, name, scoped));
      }
  }
  return app;
}

/** Runs a script in `cwd`; resolves with what it printed. */
export async function runNode(args, cwd, env = {}) {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** Starts Strapi in `app` on a free port. */
export async function startStrapi(app) {
  const env = {
    ...process.env,
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: '0',
    STRAPI_TELEMETRY_DISABLED: 'true',
    DEMO_ADMIN_PASSWORD: 'Only-for-this-test-1',
    DEMO_USER_PASSWORD: 'Only-for-this-test-2',
    ENCRYPTION_KEY: '0'.repeat(32),
  };
  for (const name of ['API_TOKEN_SALT', 'ADMIN_JWT_SECRET', 'TRANSFER_TOKEN_SALT', 'JWT_SECRET']) {
    env[name] = 'only for this test';
  }
  env.APP_KEYS = 'only,for,this,test';
  const child = spawn(process.execPath, ['node_modules/@strapi/strapi/bin/strapi.js', 'start'], {
    cwd: app,
    env,
  });
  let output = '';
  const exited = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    const read = (text) => {
      output += text;
      // What the playground announces once it listens.
      const found = /Watch events\s+(http:\S+)\/demo\//.exec(output);
      if (found) resolve(found[1].replace('localhost', '127.0.0.1'));
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code) => reject(new Error(`Strapi ended with code ${code}:\n${output}`)));
  });
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    kill: () => child.kill('SIGKILL'),
  };
}
