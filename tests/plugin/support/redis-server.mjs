// Redis servers of a test's own, to be killed and started again.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'redis';

/** The server that several suites share. */
export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

/** For a suite's `skip`: false, or that tests cannot start a Redis of their own, which is said aloud. */
export function withoutRedisServer() {
  const { error } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  if (error === undefined) return false;
  console.error('\n!!! NOT TESTED: redis-server is not installed\n');
  return 'redis-server is not installed';
}

/** For a suite's `skip`: false, or that the shared server does not answer. */
export async function withoutRedis() {
  const socket = { reconnectStrategy: false, connectTimeout: 2000 };
  const client = createClient({ url: redisUrl, socket });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.close();
    return false;
  } catch {
    return 'no Redis answers at REDIS_URL';
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Its password is `hush`. Resolves when it takes connections. */
export async function startRedis(port) {
  const args = [
    '--requirepass',
    'hush',
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (/Ready to accept connections/.test(output)) break;
  }
  assert.match(output, /Ready to accept connections/);
  return {
    /** It hangs: connections stay open, and nothing answers until `resume`. */
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
