// `npm run fuzz`: runs the fuzz targets under libFuzzer, each for a bounded number of inputs.
//   --runs N          inputs per target (default 100000)
//   --target a,b      only these targets (default: all)
//   --sanitizer none  without AddressSanitizer, where it does not link
//   --memory          instead: the Rust tests under AddressSanitizer and, if it is installed, Miri
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkTools } from './lib/build.mjs';
import { Problem, main, say, step } from './lib/log.mjs';
import { root } from './lib/paths.mjs';
import { must, run } from './lib/run.mjs';

const MINUTE = 60_000;
const folder = path.join(root, 'fuzz');
// Sanitizers are switched on by unstable flags. The stable compiler takes them with this.
const unstable = { RUSTC_BOOTSTRAP: '1' };

const succeeds = async (command, ...args) =>
  (await run(command, args, { quiet: true }).catch(() => ({ code: 1 }))).code === 0;

async function cargoFuzz() {
  if (await succeeds('cargo', 'fuzz', '--version')) return 'installed';
  await must('cargo', ['install', 'cargo-fuzz', '--locked'], { timeout: 20 * MINUTE });
  return '';
}

const targets = () =>
  fs
    .readdirSync(path.join(folder, 'fuzz_targets'))
    .map((file) => path.basename(file, '.rs'))
    .sort();

function chosen(list) {
  const all = targets();
  const names = list ? list.split(',') : all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length) {
    throw new Problem(`no such target: ${unknown.join(', ')} (there are ${all.join(', ')})`);
  }
  return names;
}

/** Runs one target; what it finds stays in fuzz/artifacts. New inputs go to fuzz/corpus, which is not committed. */
async function fuzz(name, { runs, sanitizer }) {
  const corpus = path.join(folder, 'corpus', name);
  fs.mkdirSync(corpus, { recursive: true });
  const libFuzzer = [
    `-runs=${runs}`,
    `-dict=${path.join(folder, 'dict', `${name}.dict`)}`,
    // Larger inputs only take longer; the seeds have the large ones that matter.
    '-max_len=8192',
    '-timeout=20',
    '-rss_limit_mb=2048',
    '-print_final_stats=1',
    '-verbosity=0',
  ];
  const { code, output } = await run(
    'cargo',
    [
      ...['fuzz', 'run', '--fuzz-dir', folder, '--sanitizer', sanitizer, name],
      ...[corpus, path.join(folder, 'seeds', name), '--', ...libFuzzer],
    ],
    { env: unstable, quiet: true, timeout: 60 * MINUTE },
  );
  if (code !== 0) {
    say(output);
    throw new Problem(
      `${name} failed. The input that failed is in fuzz/artifacts/${name}: copy it to fuzz/seeds/${name} under a name ` +
        'that says what it is, and `cargo test --test fuzz` runs it from then on.',
    );
  }
  const executed = /number_of_executed_units: (\d+)/.exec(output)?.[1];
  if (!executed) throw new Problem(`${name}: libFuzzer does not say how many inputs it ran`);
  return `${executed} inputs`;
}

/** The tests of the core without Node: they reach every `unsafe` outside the bridge. */
async function memory() {
  const { output } = await run('rustc', ['-vV'], { quiet: true });
  const host = /^host: (.*)$/m.exec(output)?.[1];
  if (!host) throw new Problem('`rustc -vV` names no host');
  await step('run the Rust tests under AddressSanitizer', () =>
    must('cargo', ['test', '--no-default-features', '--no-fail-fast', '--target', host], {
      env: { ...unstable, RUSTFLAGS: '-Zsanitizer=address', CARGO_TARGET_DIR: 'target/asan' },
      timeout: 40 * MINUTE,
    }).then(() => ''),
  );
  if (!(await succeeds('cargo', '+nightly', 'miri', '--version'))) {
    say('Miri is not installed (rustup component add miri rust-src --toolchain nightly): not run');
    return;
  }
  await step('run the tests of streams and parsers under Miri', () =>
    must(
      'cargo',
      ['+nightly', 'miri', 'test', '--no-default-features', '--lib', 'transport::stream'],
      {
        env: { MIRIFLAGS: '-Zmiri-disable-isolation', CARGO_TARGET_DIR: 'target/miri' },
        timeout: 40 * MINUTE,
      },
    ).then(() => ''),
  );
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string', default: '100000' },
        target: { type: 'string' },
        sanitizer: { type: 'string', default: 'address' },
        memory: { type: 'boolean', default: false },
      },
    });
    if (!/^[1-9]\d*$/.test(values.runs))
      throw new Error(`--runs ${values.runs}: a number is needed`);
    return values;
  } catch (error) {
    throw new Problem(error.message);
  }
}

await main(async () => {
  const given = options();
  await step('check the tools', checkTools);
  if (given.memory) return memory();
  const names = chosen(given.target);
  await step('find cargo-fuzz', cargoFuzz);
  await step('build the targets', () =>
    must('cargo', ['fuzz', 'build', '--fuzz-dir', folder, '--sanitizer', given.sanitizer], {
      env: unstable,
      timeout: 40 * MINUTE,
    }).then(() => ''),
  );
  for (const name of names) await step(`fuzz ${name}`, () => fuzz(name, given));
});
