import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const NOTE = 'api::note.note';
const PAGE = 'api::page.page';
const HOMEPAGE = 'api::homepage.homepage';
const READABLE = [ARTICLE, NOTE, PAGE, HOMEPAGE];

/** An application in which everybody reads everything, and a client that watches. */
function fixture(config) {
  const fixture = {};

  before(async () => {
    const app = await boot(config);
    Object.assign(fixture, app);
    fixture.documents = (uid) => app.strapi.documents(uid);
    fixture.query = (uid) => app.strapi.db.query(uid);
    for (const uid of READABLE) await app.grant('public', uid, 'find', 'findOne');
    const locales = app.strapi.plugin('i18n').service('locales');
    await locales.create({ code: 'fr', name: 'French (fr)' });
    fixture.client = await connect(app.url);
    /** The events of what has been done since the last question. */
    fixture.events = async () => {
      await app.flush(fixture.client);
      return fixture.client.take();
    };
    fixture.names = async () => (await fixture.events()).map(({ event }) => event);
  });
  beforeEach(() => fixture.events());
  after(async () => {
    fixture.client?.close();
    await fixture.close?.();
  });
  return fixture;
}

describe('a type without draft & publish', { timeout: 120_000 }, () => {
  const app = fixture({ contentTypes: [{ uid: NOTE, populate: ['about'] }, HOMEPAGE] });

  it('sends one event per Document Service call', async () => {
    const { documentId } = await app.documents(NOTE).create({ data: { text: 'a' } });
    await app.documents(NOTE).update({ documentId, data: { text: 'b' } });
    await app.documents(NOTE).clone({ documentId });
    const { entries } = await app.documents(NOTE).delete({ documentId });
    const events = await app.events();
    assert.deepEqual(
      events.map(({ event }) => event),
      ['note:create', 'note:update', 'note:create', 'note:delete'],
    );
    assert.equal(events[1].data.text, 'b');
    assert.deepEqual(events[3].data, { id: entries[0].id, documentId });
  });

  it('sends related documents as the REST API would: not their drafts', async () => {
    const article = await app.documents(ARTICLE).create({ data: { title: 'draft' } });
    const about = { documentId: article.documentId };
    const note = await app.documents(NOTE).create({ data: { text: 'on a draft', about } });
    const [create] = await app.events();
    await app.documents(ARTICLE).publish(about);
    await app.documents(NOTE).update({ documentId: note.documentId, data: { about } });
    const { body } = await app.rest('GET', `notes/${note.documentId}?populate=about`);
    const [update] = await app.events();
    assert.equal(create.data.about, null);
    assert.equal(update.data.about.title, 'draft');
    // Besides what the REST API hides, the blocklist takes its share.
    for (const name of ['hashtags', 'upstreamApiKey']) delete body.data.about[name];
    assert.deepEqual(update.data, body.data);
  });

  it('sends nothing for reads, and nothing for a document that is not there', async () => {
    await app.documents(NOTE).findMany({});
    await app.documents(NOTE).count({});
    await app.documents(NOTE).update({ documentId: 'missing', data: { text: 'x' } });
    await app.documents(NOTE).delete({ documentId: 'missing' });
    assert.deepEqual(await app.events(), []);
  });

  it('sends the events of a single type', async () => {
    await app.documents(HOMEPAGE).create({ data: { headline: 'Welcome' } });
    const { documentId } = await app.documents(HOMEPAGE).findFirst({});
    await app.documents(HOMEPAGE).update({ documentId, data: { headline: 'Hello' } });
    assert.deepEqual(await app.names(), ['homepage:create', 'homepage:update']);
  });

  it('sends the events of the query engine, whatever fields were selected', async () => {
    const { id } = await app
      .query(NOTE)
      .create({ data: { documentId: 'written-below', text: 'a' }, select: ['id'] });
    await app.query(NOTE).update({ where: { id }, data: { text: 'b' }, select: ['text'] });
    await app.query(NOTE).delete({ where: { id }, select: ['text'] });
    const events = await app.events();
    assert.deepEqual(
      events.map(({ event, data }) => [event, data.documentId]),
      ['create', 'update', 'delete'].map((action) => [`note:${action}`, 'written-below']),
    );
    assert.equal(events[1].data.text, 'b');
    assert.deepEqual(events[2].data, { id, documentId: 'written-below' });
  });

  it('sends an event for each row of createMany, updateMany and deleteMany', async () => {
    const text = (documentId) => ({ documentId, text: 'many' });
    await app.query(NOTE).createMany({ data: ['m1', 'm2', 'm3'].map(text) });
    await app.query(NOTE).updateMany({ where: { text: 'many' }, data: { text: 'changed' } });
    await app.query(NOTE).deleteMany({ where: { text: 'changed' } });
    const events = await app.events();
    const of = (action) =>
      events
        .filter(({ event }) => event === `note:${action}`)
        .map(({ data }) => data.documentId)
        .sort();
    assert.equal(events.length, 9);
    for (const action of ['create', 'update', 'delete']) {
      assert.deepEqual(of(action), ['m1', 'm2', 'm3'], action);
    }
  });

  it('sends one event for a transaction, after its commit, with the last state', async () => {
    const { documentId } = await app.documents(NOTE).create({ data: { text: 'a' } });
    await app.events();
    await app.strapi.db.transaction(async () => {
      await app.documents(NOTE).update({ documentId, data: { text: 'b' } });
      await app.documents(NOTE).update({ documentId, data: { text: 'c' } });
      await app.strapi.plugin('io').service('changes').idle();
      assert.deepEqual(app.client.received, []);
    });
    const events = await app.events();
    assert.deepEqual(
      events.map(({ event, data }) => [event, data.text]),
      [['note:update', 'c']],
    );
  });

  it('sends nothing for what a transaction made and took away again', async () => {
    await app.strapi.db.transaction(async () => {
      const { documentId } = await app.documents(NOTE).create({ data: { text: 'brief' } });
      await app.documents(NOTE).delete({ documentId });
    });
    assert.deepEqual(await app.events(), []);
  });

  it('sends nothing for a write that is rolled back', async () => {
    const failing = app.strapi.db.transaction(async () => {
      await app.documents(NOTE).create({ data: { text: 'never' } });
      await app.query(NOTE).create({ data: { text: 'never' } });
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    await app.strapi.db.transaction(async ({ rollback }) => {
      await app.documents(NOTE).create({ data: { text: 'never' } });
      await rollback();
    });
    assert.deepEqual(await app.events(), []);
  });

  it('is not confused by transactions that follow each other in one async context', async () => {
    const write = (text) => app.documents(NOTE).create({ data: { text } });
    await app.strapi.db.transaction(async ({ commit }) => {
      await write('first');
      await commit();
      // No longer in a transaction, and Strapi's callback lists are still there.
      await write('second');
      await app.strapi.db
        .transaction(async () => {
          await write('rolled back');
          throw new Error('no');
        })
        .catch(() => {});
      await write('third');
    });
    const events = await app.events();
    assert.deepEqual(
      events.map(({ data }) => data.text),
      ['first', 'second', 'third'],
    );
  });

  it('sends what was committed although the caller got an error', async () => {
    const undo = app.strapi.documents.use(async (context, next) => {
      const result = await next();
      if (context.uid === NOTE && context.action === 'create') throw new Error('too late');
      return result;
    });
    try {
      await assert.rejects(app.documents(NOTE).create({ data: { text: 'there' } }), /too late/);
    } finally {
      undo();
    }
    assert.deepEqual(await app.names(), ['note:create']);
  });

  it('counts what other code writes to the document within the call as part of it', async () => {
    const undo = app.strapi.documents.use(async (context, next) => {
      const result = await next();
      if (context.uid === NOTE && context.action === 'create') {
        const { documentId } = result;
        await app.documents(NOTE).update({ documentId, data: { text: 'stamped' } });
      }
      return result;
    });
    try {
      await app.documents(NOTE).create({ data: { text: 'raw' } });
    } finally {
      undo();
    }
    const events = await app.events();
    assert.deepEqual(
      events.map(({ event, data }) => [event, data.text]),
      [['note:create', 'stamped']],
    );
  });

  it('keeps writers that run at the same time apart', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `w${n}`);
    await Promise.all(
      texts.map(async (text, n) => {
        const write = () => app.documents(NOTE).create({ data: { text } });
        if (n % 3 === 0) await write();
        else if (n % 3 === 1) await app.strapi.db.transaction(write);
        else {
          const failing = app.strapi.db.transaction(async () => {
            await write();
            throw new Error('no');
          });
          await assert.rejects(failing, /no/);
        }
      }),
    );
    const sent = (await app.events()).map(({ data }) => data.text).sort();
    assert.deepEqual(sent, texts.filter((_, n) => n % 3 !== 2).sort());
  });
});

describe('a type with draft & publish', { timeout: 120_000 }, () => {
  const app = fixture({
    contentTypes: [
      { uid: ARTICLE, actions: ['create', 'update', 'delete', 'publish', 'unpublish'] },
      PAGE,
    ],
  });

  it('sends the published life of a document', async () => {
    const steps = [];
    const step = async (name, work) => {
      const result = await work();
      steps.push([name, (await app.events()).map(({ event }) => event)]);
      return result;
    };
    const articles = app.documents(ARTICLE);
    const { documentId } = await step('draft', () => articles.create({ data: { title: 'a' } }));
    await step('edit', () => articles.update({ documentId, data: { title: 'b' } }));
    await step('publish', () => articles.publish({ documentId }));
    await step('edit again', () => articles.update({ documentId, data: { title: 'c' } }));
    await step('republish', () => articles.publish({ documentId }));
    await step('edit once more', () => articles.update({ documentId, data: { title: 'd' } }));
    await step('discard', () => articles.discardDraft({ documentId }));
    await step('unpublish', () => articles.unpublish({ documentId }));
    await step('delete the draft', () => articles.delete({ documentId }));
    assert.deepEqual(steps, [
      ['draft', []],
      ['edit', []],
      ['publish', ['article:create', 'article:publish']],
      ['edit again', []],
      ['republish', ['article:update', 'article:publish']],
      ['edit once more', []],
      ['discard', []],
      ['unpublish', ['article:delete', 'article:unpublish']],
      ['delete the draft', []],
    ]);
  });

  it('sends the published version, and its id when it is deleted', async () => {
    const articles = app.documents(ARTICLE);
    const made = await articles.create({ data: { title: 'live' }, status: 'published' });
    const { documentId } = made;
    await articles.update({ documentId, data: { title: 'hidden' } });
    await articles.delete({ documentId });
    const events = await app.events();
    assert.deepEqual(
      events.map(({ event }) => event),
      ['article:create', 'article:publish', 'article:delete'],
    );
    assert.equal(events[0].data.title, 'live');
    assert.notEqual(events[0].data.publishedAt, null);
    assert.deepEqual(events[2].data, { id: made.id, documentId });
  });

  it('sends each document of a bulk publication once', async () => {
    const articles = app.documents(ARTICLE);
    const drafts = [];
    for (const title of ['x', 'y', 'z']) drafts.push(await articles.create({ data: { title } }));
    await app.events();
    await app.strapi.db.transaction(() =>
      Promise.all(drafts.map(({ documentId }) => articles.publish({ documentId }))),
    );
    const created = (await app.events()).filter(({ event }) => event === 'article:create');
    assert.deepEqual(created.map(({ data }) => data.title).sort(), ['x', 'y', 'z']);
  });

  it('sends each locale for itself', async () => {
    const pages = app.documents(PAGE);
    const locale = 'fr';
    const { documentId } = await pages.create({ data: { title: 'en' }, status: 'published' });
    await pages.update({ documentId, locale, data: { title: 'fr' }, status: 'published' });
    const made = await app.events();
    assert.deepEqual(
      made.map(({ event, data }) => [event, data.locale, data.title]),
      [
        ['page:create', 'en', 'en'],
        ['page:create', 'fr', 'fr'],
      ],
    );
    const removed = await pages.delete({ documentId, locale });
    const published = removed.entries.find((entry) => entry.publishedAt !== null);
    assert.deepEqual(await app.events(), [
      { event: 'page:delete', data: { id: published.id, documentId, locale } },
    ]);
  });

  it('sends every locale that a change of a shared field reaches', async () => {
    const pages = app.documents(PAGE);
    const { documentId } = await pages.create({
      data: { title: 'en', code: 'one' },
      status: 'published',
    });
    const locale = 'fr';
    await pages.update({ documentId, locale, data: { title: 'fr' }, status: 'published' });
    await app.events();
    await pages.update({ documentId, data: { code: 'two' }, status: 'published' });
    const events = await app.events();
    assert.deepEqual(events.map(({ event, data }) => [event, data.locale, data.code]).sort(), [
      ['page:update', 'en', 'two'],
      ['page:update', 'fr', 'two'],
    ]);
  });
});

describe('a type with draft & publish whose drafts are sent too', { timeout: 120_000 }, () => {
  const app = fixture({ contentTypes: [{ uid: ARTICLE, onlyPublished: false }] });

  it('sends the whole life of a document', async () => {
    const steps = [];
    const step = async (name, work) => {
      const result = await work();
      const events = await app.events();
      steps.push([
        name,
        ...events.map(({ event, data }) => [event, data.title, data.publishedAt != null]),
      ]);
      return result;
    };
    const articles = app.documents(ARTICLE);
    const { documentId } = await step('draft', () => articles.create({ data: { title: 'a' } }));
    await step('edit', () => articles.update({ documentId, data: { title: 'b' } }));
    await step('publish', () => articles.publish({ documentId }));
    await step('edit again', () => articles.update({ documentId, data: { title: 'c' } }));
    await step('discard', () => articles.discardDraft({ documentId }));
    await step('unpublish', () => articles.unpublish({ documentId }));
    await step('delete', () => articles.delete({ documentId }));
    assert.deepEqual(steps, [
      ['draft', ['article:create', 'a', false]],
      ['edit', ['article:update', 'b', false]],
      ['publish', ['article:update', 'b', true]],
      ['edit again', ['article:update', 'c', false]],
      ['discard', ['article:update', 'b', false]],
      ['unpublish', ['article:update', 'b', false]],
      ['delete', ['article:delete', undefined, false]],
    ]);
  });
});
