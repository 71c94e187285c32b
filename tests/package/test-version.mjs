// The packed package in an application with one version of Strapi. A file for each, so that each has a limit in time of
// its own; package.test.mjs boots the newest in JavaScript as npm installs it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { packTarballs } from '../../scripts/lib/install.mjs';
import { createDatabase } from '../plugin/support/databases.mjs';
import { addPackage, build, copiesOf, installApp, installNode, startApp } from './strapi-app.mjs';
import { require } from './support.mjs';

const { io } = require('socket.io-client');

/** What the panel has in common with Strapi's. */
const SHARED = [
  '@strapi/design-system',
  '@strapi/icons',
  'react-intl',
  'react',
  'styled-components',
];

/**
 * `manager` is npm or pnpm, `language` javascript or typescript, `node` a version of Node.js other than this one,
 * `withPanel` whether the admin panel is built, too;
 * `dependencies` and `flags` are those of the writers of the application's files.
 */
export function testVersion({ version, manager, language, node, withPanel, dependencies, flags }) {
  const title = `Strapi ${version} in ${language}, installed by ${manager}, on Node.js ${node ?? process.versions.node}`;
  describe(title, { timeout: 480_000 }, () => {
    it('boots, sends events, gives the admin panel its session, and ends', async (t) => {
      const database = await createDatabase('postgres');
      if (database === null) return t.skip('no PostgreSQL answers at TEST_POSTGRES_URL');
      t.after(() => database.drop());
      const folder = await installApp({
        version,
        manager,
        language,
        dependencies,
        flags,
        database: database.config,
      });
      t.after(() =>
        fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
      );
      // Two copies of one of these in a panel do not see each other's contexts. Strapi 5.0.0 alone has several.
      const copies = () => SHARED.map((name) => [name, copiesOf(folder, name)]);
      const own = copies();
      await addPackage(folder, manager, await packTarballs());
      assert.deepEqual(copies(), own, 'the package brings no copy of its own');

      const binary = node === undefined ? process.execPath : await installNode(node);
      if (language === 'typescript') await build(folder, binary, { withPanel });
      const app = await startApp(folder, binary);
      t.after(() => app.kill());
      const client = io(app.url, { reconnection: false, transports: ['websocket'] });
      t.after(() => client.disconnect());
      await once(client, 'connect');

      const received = once(client, 'article:create');
      const created = await app.request('POST', '/api/articles', {
        data: { data: { title: 'From everywhere', secret: 'private' } },
      });
      assert.equal(created.status, 201);
      const [article] = await received;
      assert.equal(article.title, 'From everywhere');
      assert.equal(article.documentId, created.body.data.documentId);
      assert.equal('secret' in article, false);

      const jwt = await app.login();
      const session = await app.request('POST', '/io/presence/session', { token: jwt });
      assert.equal(session.status, 200, JSON.stringify(session.body));
      const panel = io(app.url, {
        reconnection: false,
        transports: ['websocket'],
        auth: { strategy: 'admin-jwt', token: session.body.token },
      });
      t.after(() => panel.disconnect());
      await once(panel, 'connect');
      const online = await app.request('GET', '/io/presence/online', { token: jwt });
      assert.deepEqual(
        online.body.data.map(({ firstname }) => firstname),
        ['Ada'],
      );

      assert.equal(await app.stop(), 0, app.output());
    });
  });
}
