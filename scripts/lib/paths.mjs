import { fileURLToPath } from 'node:url';
import path from 'node:path';

/** The repository's root: every script works from here, whatever the caller's directory. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const playground = path.join(root, 'playground');
/** Stamps, tarballs and other things that may be thrown away at any time. */
export const cache = path.join(root, '.cache');

/** Path of an executable script of an npm package, so that no shell shim is needed. */
export const bin = (name) => path.join(root, 'node_modules', name);
