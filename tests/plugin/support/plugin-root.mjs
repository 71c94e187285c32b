import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The plugin under test: this repository, or an unpacked package of it. */
export const pluginRoot = process.env.PLUGIN_ROOT ?? root;

export const require = createRequire(import.meta.url);

/** The built plugin, as Strapi loads it. */
export const loadPlugin = () => require(path.join(pluginRoot, 'dist/server/index.js')).default;
