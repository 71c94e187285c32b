import { spawn } from 'node:child_process';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { aptInstall } from './apt.mjs';
import { red, say } from './log.mjs';
import { run } from './run.mjs';

const reachable = (host, port) =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    // An instance that wants a password is somebody else's, but it is a Redis.
    socket.once('data', (data) => done(/^(\+PONG|-NOAUTH)/.test(data.toString())));
  });

const has = async (command) =>
  (await run(command, ['--version'], { quiet: true }).catch(() => ({ code: 1 }))).code === 0;

/**
 * Makes sure that a Redis answers at REDIS_URL (default redis://127.0.0.1:6379), starting one that keeps
 * nothing on disk if need be. Returns what to do when the tests are over; `url` is null when there is none.
 */
export async function ensureRedis() {
  const url = new URL(process.env.REDIS_URL || 'redis://127.0.0.1:6379');
  const host = url.hostname;
  const port = Number(url.port || 6379);
  const found = { url: url.href, stop() {} };
  if (await reachable(host, port)) return found;

  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  if (local && !(await has('redis-server'))) await aptInstall('redis-server', 'redis-server');
  if (local && (await has('redis-server'))) {
    const server = spawn(
      'redis-server',
      ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    );
    server.on('error', () => {});
    for (let tries = 0; tries < 50 && server.exitCode === null; tries += 1) {
      if (await reachable(host, port)) return { ...found, stop: () => server.kill() };
      await wait(100);
    }
    server.kill();
  }
  say(red(`NO REDIS at ${host}:${port}: tests that need one are SKIPPED (set REDIS_URL)`));
  return { url: null, stop() {} };
}
