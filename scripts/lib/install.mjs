import fs from 'node:fs';
import path from 'node:path';
import { Problem } from './log.mjs';
import { cache, root } from './paths.mjs';
import { npm } from './run.mjs';

const manifest = () => JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

/** The addon that was built here, and the platform package it belongs to. */
export function platformPackage() {
  const { binaryName } = manifest().napi;
  const file = fs.readdirSync(root).find((name) => name.endsWith('.node'));
  if (!file) throw new Problem('the addon is not built: run `npm run setup`');
  const platform = file.slice(binaryName.length + 1, -'.node'.length);
  const folder = path.join(root, 'npm', platform);
  if (!fs.existsSync(folder)) throw new Problem(`npm/${platform} is missing for ${file}`);
  return { file, platform, folder };
}

/** The file list npm would put into the tarball of the package in `folder`. */
async function packList(folder) {
  const { output } = await npm(['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    quiet: true,
  });
  const report = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const [entry] = Array.isArray(report) ? report : Object.values(report);
  return entry.files.map((file) => file.path);
}

/** Copies only what differs, so that a running server is not disturbed for nothing. */
function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  if (fs.existsSync(to) && fs.readFileSync(to).equals(fs.readFileSync(from))) return false;
  // A loaded addon must not be written over: unlink first, the old process keeps its inode.
  fs.rmSync(to, { force: true });
  fs.copyFileSync(from, to);
  return true;
}

/**
 * Puts the package and this platform's binary package into node_modules as `npm install` would,
 * so that the playground resolves `@strapi-community/plugin-io` the way every app does: by name, from
 * the files that would be published, next to the one copy of Strapi.
 */
export async function installPackage() {
  const { file, folder } = platformPackage();
  const modules = path.join(root, 'node_modules');
  const { name, version } = manifest();
  const target = path.join(modules, name);
  const files = await packList(root);
  let changed = 0;
  for (const entry of files) changed += copy(path.join(root, entry), path.join(target, entry));
  const keep = new Set(files.map((entry) => path.join(target, entry)));
  for (const old of fs.readdirSync(target, { recursive: true, withFileTypes: true })) {
    const at = path.join(old.parentPath ?? old.path, old.name);
    if (old.isFile() && !keep.has(at)) fs.rmSync(at);
  }

  const binary = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const home = path.join(modules, binary.name);
  changed += copy(path.join(folder, 'package.json'), path.join(home, 'package.json'));
  changed += copy(path.join(root, file), path.join(home, binary.main));
  return changed ? `${name}@${version}, ${changed} files` : 'up to date';
}

/** Real tarballs of the package and of this platform's binary, as a release would publish them. */
export async function packTarballs() {
  const { file, folder, platform } = platformPackage();
  // Of this process alone: test files may run beside each other.
  const out = path.join(cache, 'pack', `${process.pid}`);
  const staging = path.join(out, platform);
  fs.rmSync(out, { recursive: true, force: true });
  fs.cpSync(folder, staging, { recursive: true });
  fs.copyFileSync(path.join(root, file), path.join(staging, file));
  for (const source of [root, staging]) {
    await npm(['pack', '--ignore-scripts', '--pack-destination', out], {
      cwd: source,
      quiet: true,
    });
  }
  return fs
    .readdirSync(out)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => path.join(out, name));
}
