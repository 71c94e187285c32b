// `strapi develop` in an application of its own, in a process of its own, as a developer runs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { adminActions } from './admins.mjs';
import { writeApp } from './app.mjs';
import { pluginRoot, root } from './plugin-root.mjs';
import { freePort } from './redis-server.mjs';

const LIMIT = 240_000;
const PASSWORD = 'Passw0rd!';

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until `look` resolves with something; what it throws counts as nothing yet. */
async function until(what, look, output) {
  const deadline = Date.now() + LIMIT;
  for (;;) {
    const found = await Promise.resolve()
      .then(look)
      .catch(() => undefined);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`timed out: ${what}\n${output().slice(-4000)}`);
    await wait(250);
  }
}

/**
 * Starts it with this configuration of the plugin, which must be JSON. Strapi looks at no file below a folder whose name
 * begins with a dot; `isWatched` puts the application elsewhere, so that it reloads when a file changes.
 */
export async function develop(config, { isWatched = false, ...application } = {}) {
  const parent = path.join(root, isWatched ? 'target/tests' : '.cache/tests/plugin');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'develop-'));
  const port = await freePort();
  const plugins = {
    io: { enabled: true, resolve: pluginRoot, config },
    'users-permissions': { config: { jwtSecret: 'jwt secret' } },
  };
  await writeApp(folder, {
    ...application,
    server: { port },
    plugins: { react: '*', 'react-dom': '*', 'react-router-dom': '*', 'styled-components': '*' },
    pluginsFile: `module.exports = ${JSON.stringify(plugins)};\n`,
  });
  let text = '';
  const script = fileURLToPath(new URL('develop-node.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], {
    cwd: folder,
    // A group of its own: it ends with its workers.
    detached: true,
    env: { ...process.env, NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const output = () => text;

  const answers = async () => (await fetch(`${url}/_health`, { redirect: 'manual' })).status < 500;

  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  };

  /** The first administrator, logged in. */
  const register = async () => {
    const response = await fetch(`${url}/admin/register-admin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        email: 'chief@example.com',
        firstname: 'chief',
        lastname: 'Admin',
        password: PASSWORD,
      }),
    });
    const { data } = await response.json();
    return adminActions({ url }).caller(data.token);
  };

  try {
    await until('the start', answers, output);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    folder,
    /** Of the primary process, which starts a worker for each reload. */
    pid: child.pid,
    output,
    close,
    register,
    until: (what, look) => until(what, look, output),
  };
}
