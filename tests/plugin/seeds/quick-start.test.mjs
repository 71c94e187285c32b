// README, "Quick Start" and "Installation": the file to write, and the client to connect.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bootDocumented, example } from './support/app.mjs';
import { openPage } from './support/page.mjs';

const ARTICLE = 'api::article.article';

describe('documentation: quick start', { timeout: 300_000 }, () => {
  let app;
  let page;

  before(async () => {
    app = await bootDocumented(await example('quick-start-config.js'));
    await app.grant('public', ARTICLE, 'find');
    page = openPage(app.url);
  });
  after(async () => {
    page?.close();
    await app?.close();
  });

  it('2. and 3.: Strapi starts with the file, and the origin of the frontend may ask', async () => {
    const place = `${app.url}/socket.io/?EIO=4&transport=polling`;
    const { headers } = await fetch(place, { headers: { origin: 'http://localhost:3000' } });
    assert.equal(headers.get('access-control-allow-origin'), 'http://localhost:3000');
    const preflight = await fetch(place, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET,POST');
  });

  it('4.: the frontend hears of a new article and of its update', async () => {
    const { socket } = await page.run(await example('quick-start-client.js'), ['socket']);
    await page.connected(socket);
    const articles = app.strapi.documents(ARTICLE);
    const { documentId } = await articles.create({ data: { title: 'a' }, status: 'published' });
    const [, created] = await page.said('New article published:');
    assert.deepEqual([created.documentId, created.title], [documentId, 'a']);
    await articles.update({ documentId, data: { title: 'b' }, status: 'published' });
    const [, updated] = await page.said('Article updated:');
    assert.deepEqual([updated.documentId, updated.title], [documentId, 'b']);
  });
});
