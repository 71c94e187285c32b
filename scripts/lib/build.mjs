import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, step } from './log.mjs';
import { bin, playground, root } from './paths.mjs';
import { fingerprint, isFresh, markFresh } from './fresh.mjs';
import { node, npm, run } from './run.mjs';
import { installPackage } from './install.mjs';

/** What the machine must have; everything else is fetched or built. */
export async function checkTools() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 10)) {
    throw new Problem(`Node.js 20.10 or newer is needed, this is ${process.version}`);
  }
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  process.env.PATH = `${process.env.PATH}${path.delimiter}${path.join(cargoHome, 'bin')}`;
  const cargo = await run('cargo', ['--version'], { quiet: true }).catch(() => null);
  if (cargo?.code !== 0) {
    throw new Problem('Rust is needed to build the engine: install it from https://rustup.rs');
  }
  return `Node ${process.version}, ${cargo.output.trim()}`;
}

/** True when what npm noted in node_modules is what the lock file asks for. */
function dependenciesAreCurrent() {
  try {
    const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([name, wanted]) =>
        name === '' ||
        (installed[name]?.version === wanted.version &&
          installed[name]?.integrity === wanted.integrity) ||
        (!installed[name] && (wanted.optional || wanted.devOptional || wanted.peer)),
    );
  } catch {
    return false;
  }
}

export async function dependencies() {
  if (dependenciesAreCurrent()) return 'up to date';
  await npm(['ci', '--no-progress', '--loglevel=error']);
  return '';
}

const ADDON_INPUTS = ['src', 'Cargo.toml', 'Cargo.lock', 'build.rs', '.cargo/config.toml'];
const addonExists = () => fs.readdirSync(root).some((file) => file.endsWith('.node'));

/** The addon; a release build also serves where a debug build would do. */
export async function addon(profile) {
  const inputs = fingerprint(ADDON_INPUTS);
  const serves = profile === 'release' ? ['release'] : ['release', 'debug'];
  if (addonExists() && serves.some((kind) => isFresh('addon', `${kind} ${inputs}`))) {
    return 'up to date';
  }
  const cli = bin('@napi-rs/cli/dist/cli.js');
  await node([cli, 'build', '--platform', ...(profile === 'release' ? ['--release'] : [])]);
  // Taken again: cargo may have completed the lock file.
  markFresh('addon', `${profile} ${fingerprint(ADDON_INPUTS)}`);
  return profile;
}

const dist = (...names) => path.join(root, 'dist', ...names);

/** The server half and the Socket.IO half, to CommonJS. */
export async function typescript() {
  const halves = ['server', 'socket-io', 'shared'];
  const print = fingerprint([
    ...halves.map((half) => `plugin/${half}`),
    'plugin/tsconfig.json',
    'index.d.ts',
    'types.d.ts',
  ]);
  if (halves.every((half) => fs.existsSync(dist(half))) && isFresh('typescript', print)) {
    return 'up to date';
  }
  for (const half of halves) fs.rmSync(dist(half), { recursive: true, force: true });
  await node([bin('typescript/bin/tsc'), '-p', 'plugin']);
  markFresh('typescript', print);
  return '';
}

/** The admin half, to what the applications' own bundler takes. */
export async function adminBundle() {
  const print = fingerprint(['plugin/admin', 'plugin/shared', 'package.json']);
  if (fs.existsSync(dist('admin/index.mjs')) && isFresh('admin', print)) return 'up to date';
  await node([bin('@strapi/sdk-plugin/bin/strapi-plugin.js'), 'build', '--minify']);
  markFresh('admin', print);
  return '';
}

/** The playground's admin panel, with the admin half in it. */
export async function adminPanel() {
  const print = fingerprint([
    'package-lock.json',
    'playground/package.json',
    'playground/src/admin',
    'dist/admin',
  ]);
  if (fs.existsSync(path.join(playground, 'build/index.html')) && isFresh('admin-panel', print)) {
    return 'up to date';
  }
  await node([bin('@strapi/strapi/bin/strapi.js'), 'build'], {
    cwd: playground,
    env: { NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' },
  });
  markFresh('admin-panel', print);
  return '';
}

/** Everything from a bare clone to a package that can be loaded. */
export async function setup({ profile }) {
  await step('check the tools', checkTools);
  await step('install npm dependencies', dependencies);
  await step(`build the Rust engine (${profile})`, () => addon(profile));
  await step('compile TypeScript', typescript);
  await step('bundle the admin half', adminBundle);
  await step('install the package for the playground', () => installPackage());
}
