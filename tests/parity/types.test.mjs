// The types: socket.io's generics hold, and what is wrong does not compile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

test('typed usage compiles and wrong usage does not', { timeout: 60_000 }, () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const usage = fileURLToPath(new URL('types/usage.ts', import.meta.url));
  const flags = '--noEmit --strict --skipLibCheck --target es2022 --types node';
  const modules = '--module node16 --moduleResolution node16 --esModuleInterop';
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, ...flags.split(' '), ...modules.split(' '), usage],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout);
});
