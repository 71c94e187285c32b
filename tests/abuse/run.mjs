// `npm run abuse [-- --short] [-- --no-peers] [-- NAME…]`: the long suite, socket.io beside it, and one table at the end.
// A NAME runs the cases whose name holds it.
import { cases } from './cases/index.mjs';
import { table } from './support/report.mjs';
import { Suite } from './support/suite.mjs';

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith('--')));
const wanted = args.filter((arg) => !arg.startsWith('--'));
const suite = new Suite({
  size: flags.has('--short') ? 'short' : 'long',
  peers: !flags.has('--no-peers'),
  say: (text) => console.error(text),
});

const chosen = cases.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (chosen.length === 0) {
  console.error(`no such case; there are:\n${cases.map(({ name }) => `  ${name}`).join('\n')}`);
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
console.log(`Node ${process.version}\n\n${table(suite.lines)}`);
process.exitCode = failed > 0 ? 1 : 0;
