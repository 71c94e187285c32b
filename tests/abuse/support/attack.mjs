import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('attacker.mjs', import.meta.url));
/** Over the time an attack is given. */
const GRACE = 60_000;

/** Runs the attack `name` of `attacks/<module>.mjs` against a server. Resolves with what it says of itself. */
export async function attack([module, name], target, parameters) {
  const url = new URL(`../attacks/${module}.mjs`, import.meta.url).href;
  const all = { port: target.port, documentId: target.documentId, ...parameters };
  const child = fork(file, [url, name, JSON.stringify(all)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const limit = AbortSignal.timeout((parameters.seconds ?? 0) * 1000 + GRACE);
  try {
    const [{ result, error }] = await Promise.race([
      once(child, 'message', { signal: limit }),
      once(child, 'exit', { signal: limit }).then(() => [{ error: 'the attacker ended early' }]),
    ]);
    if (error !== undefined) throw new Error(`${module}.${name}: ${error}`);
    return result;
  } finally {
    child.kill('SIGKILL');
  }
}
