import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, step } from './log.mjs';
import { bin, root } from './paths.mjs';
import { fingerprint, isFresh, markFresh } from './fresh.mjs';
import { node, npm, run } from './run.mjs';
import { installPackage } from './install.mjs';

/** What the machine must have; everything else is fetched or built. */
export async function checkTools() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new Problem(`Node.js 20 or newer is needed, this is ${process.version}`);
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

export async function typescript() {
  const print = fingerprint(['plugin', 'index.d.ts', 'types.d.ts']);
  if (fs.existsSync(path.join(root, 'dist')) && isFresh('typescript', print)) return 'up to date';
  fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  await node([bin('typescript/bin/tsc'), '-p', 'plugin']);
  markFresh('typescript', print);
  return '';
}

/** Everything from a bare clone to a package that can be loaded. */
export async function setup({ profile }) {
  await step('check the tools', checkTools);
  await step('install npm dependencies', dependencies);
  await step(`build the Rust engine (${profile})`, () => addon(profile));
  await step('compile TypeScript', typescript);
  await step('install the package for the playground', () => installPackage());
}
