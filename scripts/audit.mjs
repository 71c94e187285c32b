// `npm run audit`: licenses and sources of all crates, and known vulnerabilities of what production uses.
//   --strict    also fails when something could not be checked; CI does this
//   --report    vulnerabilities are shown and do not fail: `npm test` must not depend on the day it runs
import { parseArgs } from 'node:util';
import { Problem, main, red, say, step, yellow } from './lib/log.mjs';
import { npmQuietly, run } from './lib/run.mjs';

const MINUTE = 60_000;
const { values: given } = parseArgs({
  options: {
    strict: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
});
const vulnerabilities = [];
const unchecked = [];

const deny = (...checks) =>
  run('cargo', ['deny', '--color', 'never', 'check', ...checks], {
    quiet: true,
    timeout: 5 * MINUTE,
  });

async function hasCargoDeny() {
  const version = await run('cargo', ['deny', '--version'], { quiet: true }).catch(() => null);
  return version?.code === 0;
}

async function crates() {
  const { code, output } = await deny('licenses', 'bans', 'sources');
  if (code === 0) return;
  say(output);
  throw new Problem(
    'cargo-deny refuses a dependency: see above, and deny.toml for what is allowed',
  );
}

async function advisoriesOfCrates() {
  const { code, output } = await deny('advisories');
  if (code === 0) return 'none';
  if (/failed to fetch advisory database|unable to load .*advisory/i.test(output)) {
    unchecked.push('advisories of crates: the RustSec database cannot be fetched');
    return 'not checked';
  }
  vulnerabilities.push(output);
  return 'found';
}

async function advisoriesOfPackages() {
  const { output } = await npmQuietly(
    ['audit', '--omit=dev', '--json', '--loglevel=silent', '--fetch-retries=0'],
    { timeout: 2 * MINUTE },
  );
  const answer = parse(output);
  if (!answer?.vulnerabilities) {
    const reason = answer?.message ?? output.trim().split('\n').at(-1);
    unchecked.push(`advisories of npm packages: the registry does not answer (${reason})`);
    return 'not checked';
  }
  const found = Object.values(answer.vulnerabilities);
  for (const { name, severity, range, via } of found) {
    const titles = via.map((cause) => cause.title ?? cause).join('; ');
    vulnerabilities.push(`${severity}: ${name} ${range}: ${titles}`);
  }
  return found.length ? 'found' : 'none';
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

await main(async () => {
  if (await hasCargoDeny()) {
    await step('licenses and sources of crates', crates);
    await step('advisories of crates', advisoriesOfCrates);
  } else {
    unchecked.push('crates: install cargo-deny (cargo install cargo-deny --locked)');
  }
  await step('advisories of npm packages', advisoriesOfPackages);
  for (const what of unchecked) say(yellow(`NOT CHECKED: ${what}`));
  for (const what of vulnerabilities) say(red(what));
  if (vulnerabilities.length && !given.report) {
    throw new Problem('a dependency of production has known vulnerabilities');
  }
  if (unchecked.length && given.strict) throw new Problem('not everything could be checked');
});
