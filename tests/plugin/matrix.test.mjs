// Every door × every operation × draft & publish × localized: the whole list of what each kind of reader gets.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { singleTypes } from './support/content-types.mjs';
import { createDatabase } from './support/databases.mjs';
import { doors } from './support/doors/index.mjs';
import { TYPES, user } from './support/matrix-types.mjs';
import { NOTE, READERS, connectReaders } from './support/readers.mjs';

/**
 * Lives a document, or a few at once, through a door. Returns what its readers have to be told, a list for each step:
 * what one step does to several documents may be told in any order.
 */
async function live(door, type) {
  const locales = type.localized ? ['en', 'fr'] : [null];
  const told = [];
  let ids;
  for (const locale of locales) {
    const tell = (action) =>
      told.push([ids].flat().map((id) => [`${type.name}:${action}`, id, locale]));
    ids = await door.create(locale, ids);
    if (!type.drafts || door.publish === undefined) {
      tell('create');
      await door.update(ids, locale);
      tell('update');
      continue;
    }
    for (const [verb, action] of [
      ['publish', 'create'],
      ['update', null],
      ['publish', 'update'],
      ['unpublish', 'delete'],
      ['publish', 'create'],
    ]) {
      await door[verb](ids, locale);
      if (action !== null) tell(action);
    }
  }
  for (const locale of locales) {
    await door.remove(ids, locale);
    told.push([ids].flat().map((id) => [`${type.name}:delete`, id, locale]));
  }
  return told;
}

/** The events cut into the steps they should belong to; what is too much stays in the last one. */
function inSteps(events, told) {
  const rest = [...events];
  const steps = told.map(({ length }) => rest.splice(0, length));
  return rest.length > 0 ? [...steps, rest] : steps;
}

for (const client of ['sqlite', 'postgres', 'mysql']) {
  const database = client === 'sqlite' ? undefined : await createDatabase(client);
  const skip = database === null;

  describe(`content events on ${client}`, { timeout: 240_000, skip }, () => {
    const context = {};
    let readers;

    before(async () => {
      const config = { contentTypes: TYPES.map(({ uid }) => uid) };
      const plugins = { '@strapi/plugin-graphql': '*' };
      const options = { database: database?.config, plugins, types: singleTypes };
      const app = await boot(config, options);
      context.app = app;
      const locales = app.strapi.plugin('i18n').service('locales');
      await locales.create({ code: 'fr', name: 'French (fr)' });
      context.admin = await createAdmin(app);
      const connected = await connectReaders(app);
      readers = connected.readers;
      const { caller } = adminActions(app);
      context.api = caller(connected.accessKey);
      context.visitor = caller();
      user.role = (await app.role('authenticated')).id;
      for (const type of TYPES) {
        const { door, id, locale } = await choose(type);
        // Of a single type there can be no other document beside the one which the subscriber has chosen.
        if (type.single) await door.remove(id, locale);
      }
    });

    /** Makes a document of the type, live, which the entity subscriber chooses. */
    const choose = async (type) => {
      const door = doors[type.kind]['Document Service'](context, type);
      const locale = type.localized ? 'en' : null;
      const id = await door.create(locale);
      if (type.drafts) await door.publish(id, locale);
      const { uid } = type;
      const answer = await readers['entity subscriber'].ask('subscribe-entity', { uid, id });
      assert.equal(answer.success, true, JSON.stringify(answer));
      return { door, id, locale };
    };
    const received = async () => {
      await context.app.flush(...Object.values(readers));
      return Object.fromEntries(Object.entries(readers).map(([name, one]) => [name, one.take()]));
    };
    beforeEach(received);
    after(async () => {
      for (const reader of Object.values(readers ?? {})) reader.close();
      await context.app?.close();
      await database?.drop();
    });

    const shortOf = ({ event, data }) => [event, data.documentId, data.locale ?? null];

    /** All readers of the type, and nobody else, have been told exactly this. */
    const expectTold = async (type, told) => {
      const seen = await received();
      const sorted = (steps) => steps.map((step) => [...step].sort());
      for (const [reader, uids] of Object.entries(READERS)) {
        const expected = uids.includes(type.uid) ? told : [];
        const actual = inSteps(seen[reader].map(shortOf), expected);
        assert.deepEqual(sorted(actual), sorted(expected), reader);
      }
    };

    for (const type of TYPES) {
      for (const [name, door] of Object.entries(doors[type.kind])) {
        it(`${type.name}: ${name}`, async () => {
          await expectTold(type, await live(door(context, type), type));
        });
      }

      it(`${type.name}: of a chosen entity reach its subscriber, too`, async () => {
        const { door, id, locale } = await choose(type);
        await received();
        await door.update(id, locale);
        if (type.drafts) await door.publish(id, locale);
        await door.remove(id, locale);
        const told = ['update', 'delete'].map((action) => [`${type.name}:${action}`, id, locale]);
        const seen = await received();
        for (const [reader, uids] of Object.entries({
          ...READERS,
          'entity subscriber': [type.uid],
        })) {
          assert.deepEqual(seen[reader].map(shortOf), uids.includes(type.uid) ? told : [], reader);
        }
      });
    }

    for (const type of TYPES.filter(({ kind }) => kind === 'collection')) {
      it(`${type.name}: copies, and drafts that are given up`, async () => {
        const locale = type.localized ? 'en' : null;
        const door = doors.collection['Document Service'](context, type);
        const documents = context.app.strapi.documents(type.uid);
        const documentId = await door.create(locale);
        const copy = await documents.clone({ documentId });
        const place = `/content-manager/collection-types/${type.uid}/clone/${documentId}`;
        const { data: another } = await context.admin('POST', place, type.made());
        const ids = [documentId, copy.documentId, another.documentId];
        if (!type.drafts) {
          return expectTold(
            type,
            ids.map((id) => [[`${type.name}:create`, id, locale]]),
          );
        }
        await door.publish(documentId, locale);
        await door.update(documentId, locale);
        await documents.discardDraft({ documentId });
        return expectTold(type, [[[`${type.name}:create`, documentId, locale]]]);
      });
    }

    for (const type of TYPES.filter(({ kind, localized }) => kind === 'collection' && localized)) {
      it(`${type.name}: all locales at once`, async () => {
        const { admin, app } = context;
        const told = [];
        const tell = (action, id) =>
          told.push(['en', 'fr'].map((locale) => [`${type.name}:${action}`, id, locale]));
        const door = doors.collection['Document Service'](context, type);
        const documents = app.strapi.documents(type.uid);
        const place = `/content-manager/collection-types/${type.uid}`;
        const make = async () => {
          const documentId = await door.create('en');
          await door.create('fr', documentId);
          if (!type.drafts) {
            told.push([[`${type.name}:create`, documentId, 'en']]);
            told.push([[`${type.name}:create`, documentId, 'fr']]);
          }
          return documentId;
        };
        const [one, two] = [await make(), await make()];
        if (type.drafts) {
          await documents.publish({ documentId: one, locale: '*' });
          tell('create', one);
          await documents.unpublish({ documentId: one, locale: '*' });
          tell('delete', one);
          await documents.publish({ documentId: one, locale: '*' });
          tell('create', one);
          const body = { documentIds: [two], locale: ['en', 'fr'] };
          await admin('POST', `${place}/actions/bulkPublish`, body);
          tell('create', two);
        }
        await documents.delete({ documentId: one, locale: '*' });
        tell('delete', one);
        await admin('DELETE', `${place}/${two}?locale=*`);
        tell('delete', two);
        await expectTold(type, told);
      });
    }

    it('of 1,000 imported rows are read in few queries, and none is lost', async () => {
      const { strapi } = context.app;
      const ids = Array.from({ length: 1_000 }, (_, n) => `import-${n}`);
      const reads = [];
      const onQuery = ({ sql }) =>
        /^select/i.test(sql) && /[`"]notes[`"]/.test(sql) && reads.push(sql);
      strapi.db.connection.on('query', onQuery);
      const rows = ids.map((documentId) => ({ documentId, text: 'first' }));
      await strapi.db.query(NOTE).createMany({ data: rows });
      const created = await received();
      const where = { documentId: { $startsWith: 'import-' } };
      await strapi.db.query(NOTE).updateMany({ where, data: { text: 'last' } });
      const updated = await received();
      await strapi.db.query(NOTE).deleteMany({ where });
      const deleted = await received();
      strapi.db.connection.removeListener('query', onQuery);

      for (const [name, uids] of Object.entries(READERS)) {
        const expected = uids.includes(NOTE) ? [...ids].sort() : [];
        const steps = { create: created[name], update: updated[name], delete: deleted[name] };
        for (const [action, events] of Object.entries(steps)) {
          assert.deepEqual(events.map(({ data }) => data.documentId).sort(), expected, name);
          assert.ok(events.every(({ event }) => event === `note:${action}`));
        }
        assert.ok(created[name].every(({ data }) => data.text === 'first'));
        assert.ok(updated[name].every(({ data }) => data.text === 'last'));
      }
      assert.ok(reads.length < 50, `${reads.length} queries`);
    });

    it('of nested and failing transactions, and of writers side by side', async () => {
      const { strapi } = context.app;
      const write = (text) => strapi.documents(NOTE).create({ data: { text } });
      const kept = [];
      await Promise.all(
        Array.from({ length: 12 }, async (_, n) => {
          const text = `writer ${n}`;
          const nested = async () => {
            await write(text);
            await strapi.db.transaction(() => write(`${text}, nested`));
            if (n % 2 === 1) throw new Error('rolled back');
          };
          const running = strapi.db.transaction(nested);
          if (n % 2 === 1) await assert.rejects(running, /rolled back/);
          else {
            await running;
            kept.push(text, `${text}, nested`);
          }
        }),
      );
      const seen = await received();
      for (const [name, uids] of Object.entries(READERS)) {
        const texts = seen[name].map(({ event, data }) => `${event} ${data.text}`).sort();
        const expected = uids.includes(NOTE)
          ? kept.map((text) => `note:create ${text}`).sort()
          : [];
        assert.deepEqual(texts, expected, name);
      }
    });
  });
}
