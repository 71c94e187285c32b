import fs from 'node:fs';
import path from 'node:path';
import { aptInstall } from './apt.mjs';
import { red, say } from './log.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const executable = (file) => {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
};

/** The Chromium to use: the one CHROMIUM_PATH names if it is set, else one on the PATH; null if there is none. */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined) return executable(given) ? given : null;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find(executable) ?? null;
}

export const sayNoChromium = () =>
  say(red('NO CHROMIUM: browser tests are SKIPPED (set CHROMIUM_PATH)'));

/**
 * Makes sure that there is a Chromium, installing one where that is possible. Returns the environment for the tests:
 * an empty CHROMIUM_PATH tells them that there is none, and that it has been said.
 */
export async function ensureChromium() {
  let found = findChromium();
  if (
    !found &&
    process.env.CHROMIUM_PATH === undefined &&
    (await aptInstall('Chromium', 'chromium'))
  )
    found = findChromium();
  if (!found) sayNoChromium();
  return { CHROMIUM_PATH: found ?? '' };
}
