import fs from 'node:fs';
import { aptInstall } from './apt.mjs';
import { red, say } from './log.mjs';

const FILES = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((platform) => `/usr/lib/${platform}/faketime/libfaketimeMT.so.1`)
  .concat('/usr/local/lib/faketime/libfaketimeMT.so.1');

/** The library that gives a process another clock; null if it is not installed. */
export const findFaketime = () => FILES.find((file) => fs.existsSync(file)) ?? null;

/** Makes sure that there is libfaketime, installing it where that is possible. */
export async function ensureFaketime() {
  if (findFaketime() === null) await aptInstall('libfaketime', 'libfaketime');
  if (findFaketime() === null) {
    say(red('NO LIBFAKETIME: the test of a clock that jumps is SKIPPED (Debian: libfaketime)'));
  }
}
