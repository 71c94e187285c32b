// README, "TypeScript Support", and the signatures of the configuration reference: compiled, as the
// readers' own files would be, against the types of the package.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { pluginRoot, root } from '../support/plugin-root.mjs';
import { example } from './support/app.mjs';

const run = promisify(execFile);
const TSC = path.join(root, 'node_modules/typescript/bin/tsc');
const OPTIONS = '--noEmit --strict --skipLibCheck --target es2022 --module nodenext --types node';

const TYPES = [
  'SocketIO',
  'SocketIOConfig',
  'EmitOptions',
  'RawEmitOptions',
  'PluginSettings',
  'MonitoringService',
  'SettingsService',
  'ConnectionStats',
  'EventStats',
];

describe('documentation: TypeScript support', { timeout: 300_000 }, () => {
  let folder;

  /** What the compiler says of these files together; '' if nothing. */
  const compile = async (files) => {
    for (const [name, text] of Object.entries(files))
      await writeFile(path.join(folder, name), text);
    const args = [TSC, ...OPTIONS.split(' '), ...Object.keys(files)];
    return run(process.execPath, args, { cwd: folder }).then(
      () => '',
      (error) => error.stdout,
    );
  };

  before(async () => {
    const parent = path.join(root, '.cache/tests/plugin');
    await mkdir(parent, { recursive: true });
    folder = await mkdtemp(path.join(parent, 'typed-'));
    await mkdir(path.join(folder, 'node_modules/@strapi-community'), { recursive: true });
    await symlink(pluginRoot, path.join(folder, 'node_modules/@strapi-community/plugin-io'));
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('the imports, the configuration, the usage and both signatures compile', async () => {
    const imports = await example('typescript-import.ts');
    const used = TYPES.map((name, index) => `export type T${index} = ${name};`).join('\n');
    const handler = await example('reference-events-signature.ts');
    const init = await example('reference-hooks-signature.ts');
    const signatures = `
      import type { Core } from '@strapi/strapi';
      import type { Socket } from 'socket.io';
      import type { SocketIO, SocketIOConfig } from '@strapi-community/plugin-io/types';
      type Strapi = Core.Strapi;
      interface Documented {
        ${handler};
        ${init};
      }
      export const config = ({ handler, init }: Documented): SocketIOConfig => ({
        events: [{ name: 'event-name', handler }],
        hooks: { init },
      });
    `;
    const output = await compile({
      'imports.ts': `${imports}\n${used}\n`,
      'plugins.ts': await example('typescript-config.ts'),
      'usage.ts': await example('typescript-usage.ts'),
      'signatures.ts': signatures,
    });
    assert.equal(output, '');
  });

  it('what is wrong in them is found', async () => {
    const config = (await example('typescript-config.ts')).replace("'delete'", "'explode'");
    const usage = (await example('typescript-usage.ts')).replace('sockets[0].id', 'sockets[0]');
    const output = await compile({ 'wrong-plugins.ts': config, 'wrong-usage.ts': usage });
    assert.match(output, /wrong-plugins\.ts.*explode/);
    assert.match(output, /wrong-usage\.ts\(\d+,\d+\): error TS2345/);
  });
});
