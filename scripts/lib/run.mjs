import { spawn } from 'node:child_process';
import { Problem, dim, duration, say } from './log.mjs';
import { root } from './paths.mjs';

const QUIET_MS = 15_000;

/**
 * Runs a command, shows its output as it comes, and a sign of life while it is quiet.
 * Resolves with the exit code and the output; rejects only when it cannot start or hits `timeout` (ms).
 */
export function run(command, args, { cwd = root, env = {}, timeout = 0, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const own = process.platform !== 'win32';
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a timeout or Ctrl-C also ends what the command started.
      detached: own,
    });
    const kill = (signal) => {
      try {
        if (own) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        // already gone
      }
    };

    let output = '';
    let last = performance.now();
    const show = (to) => (chunk) => {
      last = performance.now();
      output += chunk;
      if (!quiet) to.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', show(process.stdout));
    child.stderr.setEncoding('utf8').on('data', show(process.stderr));

    const heartbeat = setInterval(() => {
      if (performance.now() - last < QUIET_MS) return;
      last = performance.now();
      say(dim(`  … still at it (${duration(performance.now() - began)})`));
    }, 1_000);
    let timedOut = false;
    const limit = timeout
      ? setTimeout(() => {
          timedOut = true;
          kill('SIGKILL');
        }, timeout)
      : undefined;
    const interrupt = (signal) => {
      kill(signal);
      process.exitCode = 130;
    };
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);

    const settle = () => {
      clearInterval(heartbeat);
      clearTimeout(limit);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    };
    child.once('error', (error) => {
      settle();
      reject(new Problem(`could not start ${command}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      settle();
      if (timedOut) {
        reject(new Problem(`${command} ${args.join(' ')} did not end within ${duration(timeout)}`));
      } else {
        resolve({ code: code ?? (signal ? 1 : 0), output });
      }
    });
  });
}

/** As `run`, for commands that must succeed. */
export async function must(command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    if (options.quiet) say(result.output);
    throw new Problem(`${command} ${args.join(' ')} failed with exit code ${result.code}`);
  }
  return result;
}

/** A script of an npm package, or of ours, in this very Node. */
export const node = (args, options) => must(process.execPath, args, options);

/** npm itself: the one that runs us if any, else the one on the PATH. */
function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js')
    ? [process.execPath, [cli, ...args]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
}

/** npm, which must succeed. */
export const npm = (args, options) => must(...npmCommand(args), options);

/** npm, for its answer: the caller judges it, and nothing is shown. */
export const npmQuietly = (args, options) => run(...npmCommand(args), { ...options, quiet: true });
