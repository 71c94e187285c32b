// `npm test`: sets everything up, then runs every check there is. `npm test -- plugin lint` runs only those.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  addon,
  adminBundle,
  adminPanel,
  checkTools,
  dependencies,
  typescript,
} from './lib/build.mjs';
import { ensureEnv } from './lib/env.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureDatabases } from './lib/databases.mjs';
import { ensureFaketime } from './lib/faketime.mjs';
import { filesBelow } from './lib/fresh.mjs';
import { installPackage } from './lib/install.mjs';
import { Problem, bold, duration, green, main, red, say, step } from './lib/log.mjs';
import { bin, root } from './lib/paths.mjs';
import { ensureRedis } from './lib/redis.mjs';
import { run } from './lib/run.mjs';

const MINUTE = 60_000;

/** Adds up what a runner says it ran. */
const runners = {
  cargo: {
    lines: /^test result: .*$/gm,
    counts: (line) => /(\d+) passed; (\d+) failed; (\d+) ignored/.exec(line)?.slice(1).map(Number),
  },
  node: {
    lines: /^(?:ℹ|#) (?:tests|pass|fail|cancelled|skipped|todo|duration_ms) .*$/gm,
    counts: (line) => {
      const [, what, number] = /^\S+ (\w+) (\d+)/.exec(line) ?? [];
      const at = { pass: 0, fail: 1, cancelled: 1, skipped: 2, todo: 2 }[what];
      return [0, 1, 2].map((column) => (column === at ? Number(number) : 0));
    },
  },
};

const testFiles = (folder) =>
  filesBelow(path.join(root, 'tests', folder)).filter((file) => file.endsWith('.test.mjs'));

/**
 * Folders whose files share nothing and wait most of the time: on two cores, too, two of them run at once. The others
 * measure, or share channels of one Redis.
 */
const SIDE_BY_SIDE = ['plugin', 'package', 'browser'];

const concurrency = () => Math.max(2, os.availableParallelism() - 1);

function nodeTests(folder) {
  const files = testFiles(folder);
  return {
    name: folder,
    title: `tests/${folder}`,
    runner: 'node',
    missing: files.length === 0 && `tests/${folder} holds no *.test.mjs file`,
    command: process.execPath,
    args: [
      '--test',
      '--test-reporter=spec',
      // Counts for whole files too, so this is only the last resort: tests have limits of their own.
      `--test-timeout=${8 * MINUTE}`,
      ...(SIDE_BY_SIDE.includes(folder) ? [`--test-concurrency=${concurrency()}`] : []),
      ...files.map((file) => path.relative(root, file)),
    ],
    timeout: 30 * MINUTE,
  };
}

/** Folders that must hold tests, then any other that does. */
function testFolders() {
  const required = ['bridge', 'parity', 'plugin', 'package', 'browser'];
  const folder = path.join(root, 'tests');
  const others = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !required.includes(entry.name))
    .map(({ name }) => name)
    .filter((name) => testFiles(name).length > 0);
  return [...required, ...others];
}

const cargo = (name, ...args) => ({
  name,
  title: `cargo ${args.join(' ')}`,
  command: 'cargo',
  args,
  timeout: 15 * MINUTE,
});
const script = (name, title, file, ...args) => ({
  name,
  title,
  command: process.execPath,
  args: [bin(file), ...args],
  timeout: 5 * MINUTE,
});

const checks = () => [
  cargo('fmt', 'fmt', '--check'),
  cargo('clippy', 'clippy', '--all-targets', '--', '-D', 'warnings'),
  { ...cargo('rust', 'test'), runner: 'cargo' },
  script('types', 'tsc --noEmit', 'typescript/bin/tsc', '-p', 'plugin', '--noEmit'),
  script('old-types', 'tsc of code for 5.0.x', 'typescript/bin/tsc', '-p', 'tests/types'),
  script('admin-types', 'tsc of the admin half', 'typescript/bin/tsc', '-p', 'plugin/admin'),
  script('lint', 'eslint', 'eslint/bin/eslint.js', '.', '--max-warnings=0'),
  script('format', 'prettier --check', 'prettier/bin/prettier.cjs', '--check', '.'),
  {
    name: 'audit',
    title: 'licenses, and known vulnerabilities',
    command: process.execPath,
    args: ['scripts/audit.mjs', '--report'],
    timeout: 10 * MINUTE,
  },
  ...testFolders().map(nodeTests),
];

/** Runs one check; never throws, so that one failure does not hide the others. */
async function perform(check, env) {
  const began = performance.now();
  say(`\n${bold(`▸ ${check.title}`)}`);
  let failure = check.missing || null;
  let closing = [];
  const totals = [0, 0, 0];
  if (!failure) {
    try {
      const { code, output } = await run(check.command, check.args, {
        env,
        timeout: check.timeout,
      });
      if (code !== 0) failure = `exit code ${code}`;
      if (check.runner) {
        const { lines, counts } = runners[check.runner];
        // The reporter colours its lines on some terminals.
        // eslint-disable-next-line no-control-regex
        closing = output.replace(/\u001b\[[\d;]*m/g, '').match(lines) ?? [];
        for (const line of closing) {
          (counts(line) ?? []).forEach((count, column) => (totals[column] += count));
        }
        if (!failure && totals[0] + totals[1] === 0) failure = 'the runner ran no test';
      }
    } catch (error) {
      failure = error.message;
    }
  }
  const took = duration(performance.now() - began);
  say(
    failure ? red(`✘ ${check.title}: ${failure} (${took})`) : green(`✔ ${check.title} (${took})`),
  );
  return { ...check, failure, closing, totals, took };
}

function report(results, began) {
  say(`\n${bold('Summary')}`);
  for (const { title, failure, took, closing } of results) {
    say(`${failure ? red('✘') : green('✔')} ${title} (${took})${failure ? `: ${failure}` : ''}`);
    for (const line of closing) say(`    ${line}`);
  }
  const total = [0, 1, 2].map((column) =>
    results.reduce((sum, { totals }) => sum + totals[column], 0),
  );
  const failed = results.filter(({ failure }) => failure);
  say(`\nall checks took ${duration(performance.now() - began)}`);
  // Checks without a runner of their own count as one each when they fail.
  const others = failed.filter(({ totals }) => totals[1] === 0).length;
  say(`${total[0]} passed, ${total[1] + others} failed, ${total[2]} skipped`);
  return failed;
}

await main(async () => {
  const began = performance.now();
  const wanted = process.argv.slice(2);
  const all = checks().map(({ name }) => name);
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length) {
    throw new Problem(`no such check: ${unknown.join(', ')} (there are ${all.join(', ')})`);
  }
  const needs = (...names) => !wanted.length || names.some((name) => wanted.includes(name));

  await step('check the tools', checkTools);
  await step('install npm dependencies', dependencies);
  if (needs('types', 'old-types', 'admin-types', 'lint', ...testFolders())) {
    // The debug build shares its dependencies with `cargo test`; a release build that is up to date does too.
    await step('build the Rust engine', () => addon('debug'));
    await step('compile TypeScript', typescript);
    if (needs('package', 'browser')) {
      await step('bundle the admin half', adminBundle);
      await step('install the package for the playground', installPackage);
    }
    if (needs('browser')) {
      await step('make secrets for the playground', ensureEnv);
      await step('build the playground’s admin panel', adminPanel);
    }
  }

  const env = { CI: process.env.CI ?? 'true', FORCE_COLOR: '0' };
  const redis = needs(...testFolders()) ? await ensureRedis() : { stop() {} };
  if (redis.url) env.REDIS_URL = redis.url;
  if (needs('parity', 'plugin', 'package')) Object.assign(env, await ensureDatabases());
  if (needs('parity', 'browser')) Object.assign(env, await ensureChromium());
  if (needs('abuse')) await ensureFaketime();
  const results = [];
  try {
    for (const check of checks()) if (needs(check.name)) results.push(await perform(check, env));
  } finally {
    redis.stop();
  }
  const failed = report(results, began);
  if (failed.length) {
    throw new Problem(`failed: ${failed.map(({ title }) => title).join(', ')}`);
  }
});
