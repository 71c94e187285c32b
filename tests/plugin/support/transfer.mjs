// Real data transfers: `strapi transfer`, as its users run it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pluginRoot, root } from './plugin-root.mjs';

const LIMIT = 120_000;
const cli = path.join(root, 'node_modules/@strapi/strapi/bin/strapi.js');
const preload = new URL('transfer-config.mjs', import.meta.url).href;

/** A token that lets others push to this application. */
export async function pushToken({ strapi }) {
  const made = { name: 'push', description: '', lifespan: null, permissions: ['push'] };
  const { accessKey } = await strapi.service('admin::transfer').token.create(made);
  return accessKey;
}

/** Runs `strapi transfer --to` in the folder of one application; resolves with what it printed. */
export function push(folder, { url, token }) {
  const plugins = {
    io: { enabled: true, resolve: pluginRoot, config: {} },
    'users-permissions': { config: { jwtSecret: 'jwt secret' } },
  };
  const to = ['--to', `${url}/admin`, '--to-token', token];
  const child = spawn(process.execPath, [cli, 'transfer', ...to, '--force', '--exclude', 'files'], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${preload}`,
      TEST_APP: JSON.stringify({ folder, plugins }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output += chunk));
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`strapi transfer exited with ${code}:\n${output}`));
    });
  });
}
