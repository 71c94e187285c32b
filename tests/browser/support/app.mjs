// The playground with its built admin panel, for one test file, and people in front of it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { playground, root } from '../../../scripts/lib/paths.mjs';
import { watch } from './problems.mjs';

/** Milliseconds: whatever takes longer does not happen. */
export const LIMIT = 30_000;

/** Of the admin the playground makes, and of those that tests add. */
export const PASSWORD = 'Passw0rd!';

const environment = {
  ...process.env,
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  APP_KEYS: 'one,two',
  API_TOKEN_SALT: 'token salt',
  ADMIN_JWT_SECRET: 'admin secret',
  TRANSFER_TOKEN_SALT: 'transfer salt',
  ENCRYPTION_KEY: '0123456789abcdef0123456789abcdef',
  JWT_SECRET: 'jwt secret',
  DATABASE_FILENAME: 'data.db',
  DEMO_ADMIN_PASSWORD: PASSWORD,
  DEMO_USER_PASSWORD: PASSWORD,
};

/** The playground's files in a folder of their own, `config` added to the plugin's. */
function copyPlayground(config) {
  const parent = path.join(root, '.cache/tests/browser');
  fs.mkdirSync(parent, { recursive: true });
  const folder = fs.mkdtempSync(path.join(parent, 'app-'));
  fs.cpSync(path.join(playground, 'config'), path.join(folder, 'config'), { recursive: true });
  for (const name of ['src', 'build', 'package.json', 'favicon.png']) {
    fs.symlinkSync(path.join(playground, name), path.join(folder, name));
  }
  fs.mkdirSync(path.join(folder, 'public/uploads'), { recursive: true });
  const plugins = path.join(folder, 'config/plugins.js');
  fs.renameSync(plugins, path.join(folder, 'plugins.playground.js'));
  fs.writeFileSync(
    plugins,
    `const playground = require('../plugins.playground.js');
module.exports = (context) => {
  const plugins = playground(context);
  Object.assign(plugins.io.config, ${JSON.stringify(config)});
  return plugins;
};\n`,
  );
  return folder;
}

/** Starts the application in `folder` on `port`; resolves with what speaks to it. */
async function start(folder, port) {
  const child = fork(
    new URL('playground-node.mjs', import.meta.url),
    [JSON.stringify({ folder })],
    // What Strapi says at its start is not the test's; errors are.
    { env: { ...environment, PORT: String(port) }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const waiting = new Map();
  let calls = 0;

  const ready = new Promise((resolve, reject) => {
    child.on('message', ({ url, id, value, error }) => {
      if (url !== undefined) return resolve(url);
      const call = waiting.get(id);
      waiting.delete(id);
      return error === undefined ? call.resolve(value) : call.reject(new Error(error));
    });
    child.once('exit', (code) => {
      const error = new Error(`the playground has ended with code ${code}`);
      reject(error);
      for (const call of waiting.values()) call.reject(error);
    });
  });

  const run = (action, ...args) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      child.send({ id: calls, source: action.toString(), args });
    });

  const stop = async () => {
    if (child.connected) child.send('close');
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    await exited;
    clearTimeout(timer);
  };

  const timer = setTimeout(() => child.kill('SIGKILL'), 3 * LIMIT);
  const url = await ready;
  clearTimeout(timer);
  return { url, run, stop };
}

/**
 * Starts the playground, with `config` over that of the plugin in its config/plugins.
 *
 * `run(action, ...args)` runs a function there, which gets `{ strapi, admins, url }` and can use
 * nothing of where it was written but its arguments. `restart()` keeps database and port.
 */
export async function startPlayground(config = {}) {
  const folder = copyPlayground(config);
  let node = await start(folder, 0);
  const { url } = node;
  const { port } = new URL(url);

  const run = (action, ...args) => node.run(action, ...args);

  /** An admin `name@example.com`: with these permissions only, or a super admin. */
  const addAdmin = (name, permissions) =>
    run(
      async ({ admins }, name, permissions) => {
        const role = permissions && (await admins.addRole(`Role of ${name}`, permissions));
        const { id } = await admins.addAdmin(name, role);
        return id;
      },
      name,
      permissions,
    );

  return {
    url,
    run,
    addAdmin,
    stop: () => node.stop(),
    restart: async () => {
      await node.stop();
      node = await start(folder, port);
    },
    /** The same port again, after `stop`. */
    resume: async () => {
      node = await start(folder, port);
    },
    close: async () => {
      await node.stop();
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
    /**
     * The admin panel in a browser of one's own: `admin` is the first part of the e-mail address.
     * Resolves with the page, logged in; `page.problems` is what went wrong in it.
     */
    enter: async (
      browser,
      { admin = 'admin', at = '/', theme = 'light', locale = 'en', viewport } = {},
    ) => {
      const context = await browser.newContext({
        viewport: viewport ?? { width: 1280, height: 900 },
        reducedMotion: 'reduce',
      });
      context.setDefaultTimeout(LIMIT);
      await context.addInitScript(
        ([theme, locale]) => {
          localStorage.setItem('STRAPI_THEME', theme);
          localStorage.setItem('strapi-admin-language', locale);
          localStorage.setItem('STRAPI_GUIDED_TOUR_ENABLED', 'false');
        },
        [theme, locale],
      );
      const page = await context.newPage();
      page.problems = watch(page, url);
      await page.goto(`${url}/admin/auth/login`);
      await page.locator('input[name=email]').fill(`${admin}@example.com`);
      await page.locator('input[name=password]').fill(PASSWORD);
      await page.locator('button[type=submit]').click();
      await page.waitForURL((target) => !target.pathname.includes('/auth/'));
      await page.goto(`${url}/admin${at}`);
      await page.getByRole('main').first().waitFor();
      return page;
    },
  };
}
