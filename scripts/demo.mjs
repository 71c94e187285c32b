// `npm run demo`: from a bare clone to a running Strapi with a page that shows events as they arrive.
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { adminPanel, setup } from './lib/build.mjs';
import { ensureEnv } from './lib/env.mjs';
import { bold, main, say, step, yellow } from './lib/log.mjs';
import { bin, playground, root } from './lib/paths.mjs';

const strapi = bin('@strapi/strapi/bin/strapi.js');
// Not production: Strapi would then mark its cookies secure, and plain http could not log in.
const environment = { NODE_ENV: 'development', STRAPI_TELEMETRY_DISABLED: 'true' };

const canListen = (port, host) =>
  new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, host, () => {
      const { port: got } = probe.address();
      probe.close(() => resolve(got));
    });
  });

async function choosePort(host) {
  const wanted = Number(process.env.PORT || 1337);
  if (await canListen(wanted, host)) return wanted;
  const free = await canListen(0, host);
  say(yellow(`port ${wanted} is taken: using ${free} instead (set PORT to choose another)`));
  return free;
}

/** Runs Strapi until Ctrl-C; resolves when it has gone. */
function serve(port, host) {
  const child = spawn(process.execPath, [strapi, 'start'], {
    cwd: playground,
    env: { ...process.env, ...environment, PORT: String(port), HOST: host },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Ctrl-C reaches the child through the terminal as well; this process only waits for its end.
  let stopping = false;
  const stop = (signal) => {
    if (!stopping) say(`\n${bold('stopping …')}`);
    stopping = true;
    child.kill(signal);
  };
  process.on('SIGINT', () => stop('SIGINT')).on('SIGTERM', () => stop('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (stopping) say('stopped');
      else process.exitCode = code ?? 1;
      resolve();
    });
  });
}

await main(async () => {
  await setup({ profile: 'release' });
  await step('make secrets for the playground', ensureEnv);
  await step('build the admin panel (once)', adminPanel);
  const host = process.env.HOST || '127.0.0.1';
  const port = await choosePort(host);
  say(`${bold('▸')} start Strapi in ${path.relative(root, playground)}/ on port ${port}`);
  await serve(port, host);
});
