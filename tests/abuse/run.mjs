// `npm run abuse [-- --short] [-- --no-peers] [-- NAME…]`: the long suite, socket.io beside it, and one table at the end.
// A NAME runs the cases whose name holds it. The fuzz targets (`npm run fuzz`) are the last case, called fuzz.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureDatabases } from '../../scripts/lib/databases.mjs';
import { ensureFaketime } from '../../scripts/lib/faketime.mjs';
import { table } from './support/report.mjs';
import { Suite } from './support/suite.mjs';

// Before the cases, which look for what is there.
await ensureFaketime();
Object.assign(process.env, await ensureDatabases());
const { cases } = await import('./cases/index.mjs');

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith('--')));
const wanted = args.filter((arg) => !arg.startsWith('--'));
const suite = new Suite({
  size: flags.has('--short') ? 'short' : 'long',
  peers: !flags.has('--no-peers'),
  say: (text) => console.error(text),
});

/** Inputs per fuzz target. */
const FUZZ_RUNS = 200_000;

const isWanted = (name) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const chosen = cases.filter(({ name }) => isWanted(name));
const fuzzes = isWanted('fuzz') && !flags.has('--short');
if (chosen.length === 0 && !fuzzes) {
  const names = [...cases.map(({ name }) => name), 'fuzz'];
  console.error(`no such case; there are:\n${names.map((name) => `  ${name}`).join('\n')}`);
  process.exit(1);
}

let failed = 0;
try {
  for (const one of chosen) {
    if (suite.skips(one)) {
      console.error(`${one.name}: skipped, ${suite.skips(one)}`);
      continue;
    }
    try {
      if ((await suite.run(one)).length > 0) failed += 1;
    } catch (error) {
      failed += 1;
      suite.lines.push([one.name, 'Strapi', '', '', '', '', '', '', '', error.message]);
      console.error(error);
    }
  }
} finally {
  await suite.stop();
}
if (fuzzes) {
  const script = fileURLToPath(new URL('../../scripts/fuzz.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, '--runs', String(FUZZ_RUNS)], {
    stdio: 'inherit',
  });
  if (status !== 0) failed += 1;
}
console.log(`Node ${process.version}\n\n${table(suite.lines)}`);
process.exitCode = failed > 0 ? 1 : 0;
