// Settings in Strapi's store, as something else than this version of the plugin has left them.
import { readFile } from 'node:fs/promises';
import { boot } from './app.mjs';

const row = (key) => ({ key: `plugin_io_${key}`, environment: null, tag: null });

/** What version 5.0.4 stored when its own route was asked to, by the name of the file. */
export const storedBy5_0_4 = async (name) =>
  JSON.parse(
    await readFile(new URL(`../fixtures/settings-5.0.4/${name}.json`, import.meta.url), 'utf8'),
  );

/** The value under a key of the plugin's store; undefined if there is none. */
export async function stored(strapi, key = 'settings') {
  const found = await strapi.db.query('strapi::core-store').findMany({ where: row(key) });
  if (found.length > 1) throw new Error(`${found.length} rows of ${key}`);
  return found.length === 0 ? undefined : JSON.parse(found[0].value);
}

/** Puts a value under the key of the settings; a string is stored as it is. */
export async function store(strapi, value) {
  const rows = strapi.db.query('strapi::core-store');
  await rows.deleteMany({ where: row('settings') });
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  await rows.create({ data: { ...row('settings'), value: text, type: 'object' } });
}

/** Boots an application whose database holds these settings; `prepare` may add to it. */
export async function bootWith(value, config, { prepare, ...options } = {}) {
  const earlier = await boot({}, options);
  try {
    await store(earlier.strapi, value);
    await prepare?.(earlier);
  } finally {
    await earlier.close({ keep: true });
  }
  return boot(config, { ...options, folder: earlier.folder });
}
