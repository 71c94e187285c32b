import { dim, say } from './log.mjs';
import { run } from './run.mjs';

/** Runs a command line quietly; one that cannot run has failed. */
export const shell = (command, timeout = 60_000) =>
  run('sh', ['-c', command], {
    quiet: true,
    timeout,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  }).catch(() => ({ code: 1 }));

const canInstall = async () =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  (await shell('command -v apt-get')).code === 0;

/** Tries to install Debian's package of something tests need; resolves with whether it could try. */
export async function aptInstall(name, packageName) {
  if (!(await canInstall())) return false;
  say(dim(`  ${name} is missing: installing Debian’s package`));
  await shell('apt-get update -qq', 300_000);
  await shell(`apt-get install -y -qq ${packageName}`, 600_000);
  return true;
}
