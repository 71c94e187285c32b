import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cache, root } from './paths.mjs';

/** All files below `start` (or `start` itself), sorted, `node_modules` left out. */
export function filesBelow(start) {
  if (!fs.existsSync(start)) return [];
  if (!fs.statSync(start).isDirectory()) return [start];
  return fs
    .readdirSync(start, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(start, entry.name);
      return entry.isDirectory() ? filesBelow(file) : [file];
    });
}

/** One hash over the names and contents of everything an output is made from. */
export function fingerprint(inputs, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of inputs.flatMap((input) => filesBelow(path.join(root, input)))) {
    hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

const stampFile = (name) => path.join(cache, 'stamps', name);

/** Whether `name` was last made from exactly these inputs. */
export function isFresh(name, print) {
  try {
    return fs.readFileSync(stampFile(name), 'utf8') === print;
  } catch {
    return false;
  }
}

export function markFresh(name, print) {
  fs.mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  fs.writeFileSync(stampFile(name), print);
}
