// Two people on one entry: the live presence panel of the Content Manager.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { withoutChromium } from '../support/browser.mjs';
import {
  ARTICLE,
  articlePath,
  HOMEPAGE,
  homepagePath,
  presencePanel,
  sentEvents,
  SOON,
} from './support/presence.mjs';
import { countRequests } from './support/problems.mjs';
import { usePlayground } from './support/suite.mjs';

describe('the live presence panel', { timeout: 300_000, skip: withoutChromium() }, () => {
  let app;
  let browser;
  let ada;
  let bob;
  let adaSends;

  const open = (page, path) => page.goto(`${app.url}${path}`);
  const addArticle = (title) =>
    app.run(
      async ({ strapi }, uid, title) =>
        (await strapi.documents(uid).create({ data: { title } })).documentId,
      ARTICLE,
      title,
    );

  /** Both on the same page, and aware of each other. */
  const together = async (path) => {
    await open(ada, path);
    await presencePanel(ada).alone();
    await open(bob, path);
    await presencePanel(bob).others(['ada Admin']);
    await presencePanel(ada).others(['bob Admin'], SOON);
    return [presencePanel(ada), presencePanel(bob)];
  };

  usePlayground((started) => ({ app, browser } = started));
  before(async () => {
    for (const name of ['ada', 'bob']) await app.addAdmin(name);
    [ada, bob] = await Promise.all([
      app.enter(browser, { admin: 'ada' }),
      app.enter(browser, { admin: 'bob' }),
    ]);
    adaSends = sentEvents(ada);
  });

  it('shows admins on one entry to each other, and who leaves it for another page', async () => {
    const path = articlePath(await addArticle('Together'));
    const [adas] = await together(path);
    await adas.panel.getByText('Live', { exact: true }).waitFor();
    await bob.getByRole('link', { name: 'Author', exact: true }).click();
    await adas.alone(SOON);
    await adas.panel.getByText('bob Admin has left.').waitFor({ state: 'attached' });
    await bob.goBack();
    await adas.others(['bob Admin']);
  });

  it('tells in which field somebody types, until they stop', async () => {
    const path = articlePath(await addArticle('Typing'));
    const [, bobs] = await together(path);
    const title = ada.getByRole('textbox', { name: 'title' });
    await title.pressSequentially('abc');
    await bobs.typing('ada Admin', 'title');
    await title.blur();
    await bobs.notTyping();

    await ada.getByRole('textbox', { name: 'content' }).pressSequentially('d');
    await bobs.typing('ada Admin', 'content');
    // Still in the field, but at rest.
    await bobs.notTyping(2 * SOON);
    await ada.getByRole('textbox', { name: 'content' }).pressSequentially('e');
    await bobs.typing('ada Admin', 'content');

    adaSends.length = 0;
    await ada.getByRole('button', { name: 'Save' }).click();
    await ada.getByText('Saved document').first().waitFor();
    await bobs.notTyping();
    assert.ok(!adaSends.includes('presence:leave'), 'whoever saves stays');
  });

  it('knows of relations and rich text, too', async () => {
    const [, bobs] = await together(articlePath(await addArticle('Related')));
    await ada.getByRole('combobox', { name: 'author' }).click();
    await ada.getByRole('option', { name: /Grace Hopper/ }).click();
    await bobs.typing('ada Admin', 'author');

    const post = await app.run(
      async ({ strapi }, uid) =>
        (await strapi.documents(uid).create({ data: { title: 'Rich', body: 'text' } })).documentId,
      'api::post.post',
    );
    await open(bob, '/admin/');
    await ada.getByRole('button', { name: 'Save' }).click();
    await ada.getByText('Saved document').first().waitFor();
    await together(`/admin/content-manager/collection-types/api::post.post/${post}`);
    await ada.locator('.CodeMirror').click();
    await ada.keyboard.type('more');
    await bobs.typing('ada Admin', 'body');
    await ada.getByRole('button', { name: 'Save' }).click();
    await ada.getByText('Saved document').first().waitFor();
  });

  it('says nothing of typing where nobody else is', async () => {
    await open(bob, '/admin/');
    await open(ada, articlePath(await addArticle('Alone')));
    await presencePanel(ada).alone();
    adaSends.length = 0;
    const title = ada.getByRole('textbox', { name: 'title' });
    await title.pressSequentially('abc');
    await title.blur();
    await open(ada, '/admin/content-manager');
    assert.deepEqual(
      adaSends.filter((event) => event === 'presence:typing'),
      [],
    );
  });

  it('shows an admin with two tabs once, and until both are closed', async () => {
    const path = articlePath(await addArticle('Tabs'));
    const [adas, bobs] = await together(path);
    const second = await bob.context().newPage();
    await open(second, path);
    await presencePanel(second).others(['ada Admin']);
    assert.equal(await adas.rows.count(), 1);
    await second.getByRole('textbox', { name: 'title' }).pressSequentially('x');
    await adas.typing('bob Admin', 'title');
    assert.equal(await bobs.rows.count(), 1, 'not as company of themselves');

    await open(bob, '/admin/');
    await second.getByRole('textbox', { name: 'content' }).pressSequentially('x');
    await adas.typing('bob Admin', 'content');
    await second.close();
    await adas.alone(SOON);
  });

  it('connects all tabs with one token', async () => {
    const path = articlePath(await addArticle('One token'));
    const first = await app.enter(browser, { admin: 'bob' });
    await open(first, path);
    await presencePanel(first).alone();
    const second = await first.context().newPage();
    const asked = countRequests(second, /^\/io\/presence\/session$/);
    await open(second, path);
    await presencePanel(second).alone();
    assert.equal(asked.count, 0);
    await first.context().close();
  });

  it('joins a new entry when it is saved', async () => {
    await open(ada, articlePath('create'));
    await ada.getByRole('textbox', { name: 'title' }).fill('Brand new');
    await presencePanel(ada).gone();
    await ada.getByRole('button', { name: 'Save' }).click();
    await ada.waitForURL((url) => !url.pathname.endsWith('/create'));
    await presencePanel(ada).alone();
    await open(bob, new URL(ada.url()).pathname);
    await presencePanel(ada).others(['bob Admin']);
  });

  it('works for single types, and names nested fields as the edit view does', async () => {
    await app.run(async ({ strapi, admins }, uid) => {
      await strapi.documents(uid).create({
        data: {
          title: 'Home',
          intro: [{ type: 'paragraph', children: [{ type: 'text', text: 'Welcome' }] }],
          seo: { title: 'Home' },
          sections: [{ __component: 'shared.quote', text: 'Begin at the beginning' }],
        },
      });
      const call = admins.caller(await admins.login('admin'));
      const place = `/content-manager/content-types/${uid}/configuration`;
      const { settings, metadatas, layouts } = (await call('GET', place)).data.contentType;
      metadatas.title.edit.label = 'Headline';
      metadatas.seo.edit.label = 'Search engines';
      // Told when asked, but not taken back.
      for (const { list } of Object.values(metadatas)) delete list.mainField;
      await call('PUT', place, { settings, metadatas, layouts });
    }, HOMEPAGE);
    const [, bobs] = await together(homepagePath);
    const expected = [
      [ada.getByRole('textbox', { name: 'Headline' }), 'Headline'],
      [ada.getByRole('textbox', { name: 'description' }), 'Search engines › description'],
      [
        ada.getByRole('textbox', { name: /Welcome/ }).or(ada.locator('[contenteditable=true]')),
        'intro',
      ],
    ];
    for (const [field, label] of expected) {
      await field.first().click();
      await ada.keyboard.type('x');
      await bobs.typing('ada Admin', label);
    }
    await ada.getByRole('button', { name: /Quote/ }).first().click();
    await ada.getByRole('textbox', { name: 'source' }).pressSequentially('x');
    await bobs.typing('ada Admin', 'sections › Quote › source');
  });

  it('is not for whoever may not read the type, nor do they join', async () => {
    const id = await addArticle('Not for all');
    const read = 'plugin::content-manager.explorer.read';
    await app.addAdmin('nan', [{ action: read, subject: 'api::author.author' }]);
    await open(ada, articlePath(id));
    const nan = await app.enter(browser, { admin: 'nan', at: '/content-manager' });
    const sent = sentEvents(nan);
    await open(nan, articlePath(id));
    await nan.getByText(/don.t have the permissions/i).waitFor();
    await presencePanel(ada).alone();
    await presencePanel(nan).gone();
    assert.deepEqual(sent, []);
    await nan.context().close();
  });

  it('says who leaves by closing the page, and has caused no errors', async () => {
    const [adas] = await together(articlePath(await addArticle('Closing')));
    await bob.close();
    await adas.alone(SOON);
    assert.deepEqual([ada.problems, bob.problems], [[], []]);
  });
});
