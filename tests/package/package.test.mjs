import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createApp, installTarballs, require, root, runNode, startStrapi } from './support.mjs';

const { io } = require('socket.io-client');
const name = '@strapi-community/plugin-io';

let installed;
before(async () => {
  installed = await installTarballs();
});
after(() => fs.rmSync(installed, { recursive: true, force: true }));

const home = () => path.join(installed, 'node_modules', name);
const manifest = () => JSON.parse(fs.readFileSync(path.join(home(), 'package.json'), 'utf8'));

test('every export names a file that is in the tarball', () => {
  // `source` is for the tool that bundles the admin half.
  const files = (target) =>
    typeof target === 'string' ? target : [target.import, target.require, target.default];
  const targets = Object.values(manifest().exports).flatMap(files);
  assert.ok(targets.length >= 7);
  for (const target of targets) assert.ok(fs.existsSync(path.join(home(), target)), target);
});

test('the admin half imports nothing but what the package asks for', () => {
  const { dependencies, peerDependencies } = manifest();
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const folder = path.join(home(), 'dist/admin');
  const imported = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => fs.readFileSync(path.join(folder, file), 'utf8'))
    .flatMap((code) => [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^."'][^"']*)["']/g)])
    .map(([, specifier]) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  assert.ok(imported.includes('react-intl') && imported.includes('@strapi/strapi'));
  for (const dependency of imported) assert.ok(declared.has(dependency), dependency);
});

test('the tarball holds no sources, tests or binaries', () => {
  const known = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'index.d.ts', 'index.js'];
  assert.deepEqual(fs.readdirSync(home()).sort(), [...known, 'package.json', 'types.d.ts'].sort());
  for (const file of fs.readdirSync(path.join(home(), 'dist'), { recursive: true })) {
    if (path.extname(file)) assert.match(file, /\.(m?js|d\.ts)$/);
  }
});

test('the Socket.IO half runs with nothing but the dependencies of the package', async () => {
  const script = `
    const { createServer } = require('node:http');
    const { Server } = require('${name}/socket.io');
    const http = createServer();
    const io = new Server(http);
    http.listen(0, '127.0.0.1', async () => {
      const { port } = http.address();
      const url = 'http://127.0.0.1:' + port + '/socket.io/?EIO=4&transport=polling';
      const text = await (await fetch(url)).text();
      console.log(text[0], JSON.parse(text.slice(1)).upgrades.join());
      await io.close();
      process.exit();
    });`;
  const { code, output } = await runNode(['-e', script], installed);
  assert.equal(output.trim(), '0 websocket');
  assert.equal(code, 0);
});

test('a machine without the binary package is told which one to install', async () => {
  const scope = path.join(installed, 'node_modules/@strapi-community');
  const binary = fs.readdirSync(scope).find((folder) => folder.startsWith('plugin-io-'));
  fs.renameSync(path.join(scope, binary), path.join(scope, `.${binary}`));
  try {
    const { code, output } = await runNode(['-e', `require('${name}/socket.io')`], installed);
    assert.notEqual(code, 0);
    assert.ok(output.includes(`@strapi-community/${binary}`), output);
  } finally {
    fs.renameSync(path.join(scope, `.${binary}`), path.join(scope, binary));
  }
});

test('in a fresh application Strapi boots, an event arrives, and it ends by itself', async (t) => {
  const app = createApp(installed);

  // Under the tsconfig of Strapi's template: see `writeTypeScriptApp`.
  await t.test('the types are right for code that is compiled as ES modules are', async () => {
    fs.copyFileSync(new URL('consumer.ts.txt', import.meta.url), path.join(app, 'consumer.ts'));
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const options = '--noEmit --strict --skipLibCheck --target es2022 --module node16 --types node';
    const { output } = await runNode([tsc, ...options.split(' '), 'consumer.ts'], app);
    assert.equal(output, '');
  });

  const strapi = await startStrapi(app);
  t.after(() => strapi.kill());
  const client = io(strapi.url, { reconnection: false });
  t.after(() => client.disconnect());
  await once(client, 'connect');

  const created = once(client, 'article:create');
  const response = await fetch(`${strapi.url}/api/articles`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ data: { title: 'From a tarball', internalNotes: 'private' } }),
  });
  assert.equal(response.status, 201);
  const [article] = await created;
  const { data } = await response.json();
  assert.equal(article.documentId, data.documentId);
  assert.equal(article.title, 'From a tarball');
  assert.equal('internalNotes' in article, false);

  assert.equal(await strapi.stop(), 0);
});
