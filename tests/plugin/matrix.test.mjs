// Every door × every operation × draft & publish × localized: the whole list of what each kind of reader gets.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { createDatabase } from './support/databases.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';
const SLOGAN = 'api::slogan.slogan';
const PAGE = 'api::page.page';

const TYPES = [
  { uid: NOTE, name: 'note', plural: 'notes', field: 'text', drafts: false, localized: false },
  { uid: ARTICLE, name: 'article', plural: 'articles', field: 'title', drafts: true },
  { uid: SLOGAN, name: 'slogan', plural: 'slogans', field: 'title', localized: true },
  { uid: PAGE, name: 'page', plural: 'pages', field: 'title', drafts: true, localized: true },
];

const DOORS = ['Document Service', 'REST', 'GraphQL', 'Content Manager', 'query engine'];

/** Who may read what. The subscriber may read all, and has chosen one other entity of each type. */
const READERS = {
  public: [NOTE, ARTICLE],
  authenticated: [NOTE, ARTICLE, SLOGAN, PAGE],
  'custom role': [SLOGAN, PAGE],
  'read-only token': [NOTE, ARTICLE, SLOGAN, PAGE],
  'custom token': [ARTICLE, PAGE],
  'full-access token': [NOTE, ARTICLE, SLOGAN, PAGE],
  'entity subscriber': [],
};

async function connectReaders(app) {
  const roles = app.strapi.db.query('plugin::users-permissions.role');
  await roles.create({ data: { name: 'Editor', type: 'editor', description: '' } });
  const grants = { public: 'public', authenticated: 'authenticated', editor: 'custom role' };
  for (const [role, reader] of Object.entries(grants)) {
    for (const uid of READERS[reader]) await app.grant(role, uid, 'find');
  }
  const tokens = app.strapi.service('admin::api-token-content-api');
  const token = async (type, permissions) => {
    const made = { name: type, description: '', type, lifespan: null, permissions };
    const { accessKey } = await tokens.create(made);
    return { strategy: 'api-token', token: accessKey };
  };
  const user = async (name, role) => ({ token: (await app.addUser(name, role)).jwt });
  const fullAccess = await token('full-access');
  const auths = {
    public: {},
    authenticated: await user('ann'),
    'custom role': await user('eddy', 'editor'),
    'read-only token': await token('read-only'),
    'custom token': await token(
      'custom',
      READERS['custom token'].map((uid) => `${uid}.find`),
    ),
    'full-access token': fullAccess,
    'entity subscriber': await user('sue'),
  };
  const readers = {};
  for (const [name, auth] of Object.entries(auths)) {
    readers[name] = await connect(app.url, { auth });
  }
  return { readers, accessKey: fullAccess.token };
}

/** The ways to write. `create` makes a document, or one more locale of the one it is given. */
function doors({ app, admin, accessKey }) {
  const documents = (type) => app.strapi.documents(type.uid);
  const data = ({ field }, text) => ({ [field]: text });
  const at = (locale) => (locale === null ? {} : { locale });
  const query = (locale) => (locale === null ? '' : `?locale=${locale}`);
  let rows = 0;

  const rest = async (method, type, id, locale, body) => {
    const place = `${type.plural}${id === undefined ? '' : `/${id}`}${query(locale)}`;
    const answer = await app.rest(method, place, { data: body, token: accessKey });
    assert.ok(answer.status < 300, `${method} ${place}: ${JSON.stringify(answer.body)}`);
    return answer.body?.data;
  };
  const manager = (method, type, rest, locale, body) =>
    admin(method, `collection-types/${type.uid}${rest}${query(locale)}`, body);

  const mutate = async (verb, type, id, locale, text) => {
    const named = {
      documentId: id && `"${id}"`,
      locale: locale && `"${locale}"`,
      data: text && `{ ${type.field}: "${text}" }`,
    };
    const given = Object.entries(named).filter(([, value]) => value);
    const name = `${verb}${type.name[0].toUpperCase()}${type.name.slice(1)}`;
    const query = `mutation { ${name}(${given.map((pair) => pair.join(': ')).join(', ')}) { documentId } }`;
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessKey}` },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(20_000),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, `${query}: ${JSON.stringify(errors)}`);
    return data[name];
  };

  return {
    'Document Service': {
      create: async (type, locale, documentId) => {
        const params = { ...at(locale), data: data(type, 'new') };
        const made = await (documentId === undefined
          ? documents(type).create(params)
          : documents(type).update({ documentId, ...params }));
        return made.documentId;
      },
      update: (type, documentId, locale) =>
        documents(type).update({ documentId, ...at(locale), data: data(type, 'edited') }),
      publish: (type, documentId, locale) => documents(type).publish({ documentId, ...at(locale) }),
      unpublish: (type, documentId, locale) =>
        documents(type).unpublish({ documentId, ...at(locale) }),
      remove: (type, documentId, locale) => documents(type).delete({ documentId, ...at(locale) }),
    },
    REST: {
      create: async (type, locale, id) =>
        (await rest(id === undefined ? 'POST' : 'PUT', type, id, locale, data(type, 'new')))
          .documentId,
      update: (type, id, locale) => rest('PUT', type, id, locale, data(type, 'edited')),
      remove: (type, id, locale) => rest('DELETE', type, id, locale),
    },
    GraphQL: {
      create: async (type, locale, id) =>
        (await mutate(id === undefined ? 'create' : 'update', type, id, locale, 'new')).documentId,
      update: (type, id, locale) => mutate('update', type, id, locale, 'edited'),
      // Strapi's mutation deletes the default locale, whatever it is asked for.
      remove: (type, id, locale) =>
        locale === null || locale === 'en'
          ? mutate('delete', type, id, locale)
          : documents(type).delete({ documentId: id, ...at(locale) }),
    },
    'Content Manager': {
      create: async (type, locale, id) => {
        const answer =
          id === undefined
            ? await manager('POST', type, '', locale, data(type, 'new'))
            : await manager('PUT', type, `/${id}`, locale, data(type, 'new'));
        return answer.data.documentId;
      },
      update: (type, id, locale) => manager('PUT', type, `/${id}`, locale, data(type, 'edited')),
      publish: (type, id, locale) =>
        manager('POST', type, `/${id}/actions/publish`, locale, data(type, 'live')),
      unpublish: (type, id, locale) =>
        manager('POST', type, `/${id}/actions/unpublish`, locale, {}),
      remove: (type, id, locale) => manager('DELETE', type, `/${id}`, locale),
    },
    'query engine': {
      create: async (type, locale, documentId = `row-${(rows += 1)}`) => {
        const publishedAt = type.drafts ? { publishedAt: new Date() } : {};
        const row = { documentId, ...at(locale), ...publishedAt, ...data(type, 'new') };
        await app.strapi.db.query(type.uid).create({ data: row });
        return documentId;
      },
      update: (type, documentId, locale) =>
        app.strapi.db
          .query(type.uid)
          .update({ where: { documentId, ...at(locale) }, data: data(type, 'edited') }),
      remove: (type, documentId, locale) =>
        app.strapi.db.query(type.uid).delete({ where: { documentId, ...at(locale) } }),
    },
  };
}

/** Lives a document through a door; returns what its readers have to be told, in order. */
async function live(door, type) {
  const locales = type.localized ? ['en', 'fr'] : [null];
  const told = [];
  let documentId;
  for (const locale of locales) {
    const tell = (action) => told.push([`${type.name}:${action}`, documentId, locale]);
    documentId = await door.create(type, locale, documentId);
    if (!type.drafts || door.publish === undefined) {
      tell('create');
      await door.update(type, documentId, locale);
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
      await door[verb](type, documentId, locale);
      if (action !== null) tell(action);
    }
  }
  for (const locale of locales) {
    await door.remove(type, documentId, locale);
    told.push([`${type.name}:delete`, documentId, locale]);
  }
  return told;
}

for (const client of ['sqlite', 'postgres', 'mysql']) {
  const database = client === 'sqlite' ? undefined : await createDatabase(client);
  const skip = database === null;

  describe(`content events on ${client}`, { timeout: 240_000, skip }, () => {
    const context = {};
    let readers;

    before(async () => {
      const contentTypes = TYPES.map(({ uid }) => uid);
      const plugins = { '@strapi/plugin-graphql': '*' };
      const app = await boot({ contentTypes }, { database: database?.config, plugins });
      context.app = app;
      await app.strapi
        .plugin('i18n')
        .service('locales')
        .create({ code: 'fr', name: 'French (fr)' });
      context.admin = await createAdmin(app);
      const connected = await connectReaders(app);
      readers = connected.readers;
      context.accessKey = connected.accessKey;
      context.chosen = {};
      for (const { uid, field } of TYPES) {
        const made = { data: { [field]: 'chosen' }, status: 'published' };
        const { documentId } = await app.strapi.documents(uid).create(made);
        context.chosen[uid] = documentId;
        const answer = await readers['entity subscriber'].ask('subscribe-entity', {
          uid,
          id: documentId,
        });
        assert.equal(answer.success, true, JSON.stringify(answer));
      }
    });
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

    for (const type of TYPES) {
      for (const door of DOORS) {
        it(`${type.name}: ${door}`, async () => {
          const told = await live(doors(context)[door], type);
          const seen = await received();
          const expected = Object.entries(READERS).map(([name, uids]) => [
            name,
            uids.includes(type.uid) ? told : [],
          ]);
          const actual = Object.entries(seen).map(([name, events]) => [name, events.map(shortOf)]);
          assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(expected));
        });
      }
    }

    it('of a chosen entity reach its subscriber, too', async () => {
      for (const { uid, field } of TYPES) {
        const documentId = context.chosen[uid];
        const data = { [field]: 'changed' };
        await context.app.strapi.documents(uid).update({ documentId, data, status: 'published' });
      }
      const all = TYPES.map(({ uid, name, localized }) => ({
        uid,
        told: [`${name}:update`, context.chosen[uid], localized ? 'en' : null],
      }));
      const seen = await received();
      for (const [name, uids] of Object.entries({ ...READERS, 'entity subscriber': null })) {
        const expected = all.filter(({ uid }) => uids === null || uids.includes(uid));
        const told = expected.map((one) => one.told);
        assert.deepEqual(seen[name].map(shortOf), told, name);
      }
    });

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
