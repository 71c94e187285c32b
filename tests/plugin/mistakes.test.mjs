// Mistakes in config/plugins that must not keep Strapi from starting.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';
const TIME = { timeout: 60_000 };

async function started(t, config, options) {
  const app = await boot(config, options);
  t.after(() => app.close());
  const admin = await createAdmin(app);
  const { data } = await admin('GET', '/io/settings');
  const logged = (level) =>
    app.log
      .filter((line) => line.level === level)
      .map(({ text }) => text.replace('plugin io: ', ''));
  return { app, logged, ...data };
}

/** What a browser on this origin is allowed. */
const allowedOrigin = async ({ url }, origin) => {
  const place = `${url}/socket.io/?EIO=4&transport=polling`;
  const { headers } = await fetch(place, { headers: { origin } });
  return headers.get('access-control-allow-origin');
};

describe('a mistake in config/plugins', () => {
  it(
    'that names a content type that does not exist is skipped, and the others are watched',
    TIME,
    async (t) => {
      const message =
        'contentTypes[1] "api::aritcle.article" is not a content type: did you mean "api::article.article"?; it is skipped';
      const { app, logged, notices } = await started(t, {
        contentTypes: [NOTE, 'api::aritcle.article'],
      });
      assert.deepEqual(logged('error'), [message]);
      assert.deepEqual(notices, [{ source: 'file', path: 'contentTypes[1]', message }]);
      await app.grant('public', NOTE, 'find');
      const client = await connect(app.url);
      const create = client.next('note:create');
      await app.strapi.documents(NOTE).create({ data: { text: 'hello' } });
      assert.equal((await create).text, 'hello');
      client.close();
    },
  );

  it(
    'that names relations that do not exist populates the others, at every depth',
    TIME,
    async (t) => {
      const { app, logged, notices } = await started(t, {
        contentTypes: [
          { uid: ARTICLE, populate: ['author', 'auhtor', 'author.article'] },
          {
            uid: AUTHOR,
            populate: {
              articles: { populate: { author: true, writer: true } },
              posts: { fields: ['title'] },
            },
          },
          { uid: NOTE, populate: { about: { populate: ['editor'] } } },
        ],
      });
      const expected = [
        'contentTypes[0].populate[1] "auhtor" is not a relation, media, component or dynamic zone of api::article.article: did you mean "author"?; it is skipped',
        'contentTypes[0].populate[2] "author.article" is not a relation, media, component or dynamic zone of api::author.author: did you mean "articles"?; it is skipped',
        'contentTypes[1].populate "posts" is not a relation, media, component or dynamic zone of api::author.author: articles, createdBy, updatedBy, localizations; it is skipped',
        'contentTypes[1].populate.articles.populate "writer" is not a relation, media, component or dynamic zone of api::article.article: author, createdBy, updatedBy, localizations; it is skipped',
        'contentTypes[2].populate.about.populate[0] "editor" is not a relation, media, component or dynamic zone of api::article.article: author, createdBy, updatedBy, localizations; it is skipped',
      ];
      assert.deepEqual(logged('error').sort(), expected.sort());
      assert.deepEqual(notices.map(({ message }) => message).sort(), expected.sort());
      for (const uid of [ARTICLE, AUTHOR, NOTE]) await app.grant('public', uid, 'find');
      const client = await connect(app.url);
      const article = client.next('article:create');
      const author = await app.strapi.documents(AUTHOR).create({ data: { name: 'Ada' } });
      await app.strapi.documents(ARTICLE).create({
        data: { title: 'one', author: author.documentId },
        status: 'published',
      });
      assert.equal((await article).author.name, 'Ada');
      const note = client.next('note:create');
      await app.strapi.documents(NOTE).create({ data: { text: 'hello' } });
      assert.equal((await note).text, 'hello');
      client.close();
    },
  );

  it('that Strapi refuses to populate is skipped, and the change is sent', TIME, async (t) => {
    const populate = {
      author: { fields: ['nmae'] },
      localizations: null,
      createdBy: { fields: ['id'] },
    };
    const { app, logged, notices } = await started(t, {
      contentTypes: [
        { uid: ARTICLE, populate },
        { uid: AUTHOR, populate: ['articles', 'articles.*'] },
        { uid: NOTE, populate: ['*'] },
      ],
    });
    const expected = [
      /^contentTypes\[0\]\.populate "author" cannot be populated: Invalid key nmae; it is skipped$/,
      /^contentTypes\[0\]\.populate "localizations" cannot be populated: .+; it is skipped$/,
      /^contentTypes\[1\]\.populate "articles\.\*" cannot be populated: .+; it is skipped$/,
    ];
    const errors = logged('error');
    assert.equal(errors.length, expected.length, errors.join('\n'));
    expected.forEach((pattern, index) => assert.match(errors[index], pattern));
    assert.deepEqual(
      notices.map(({ message }) => message),
      errors,
    );
    for (const uid of [ARTICLE, AUTHOR, NOTE]) await app.grant('public', uid, 'find');
    const client = await connect(app.url);
    const article = client.next('article:create');
    const data = { title: 'one' };
    const { documentId } = await app.strapi
      .documents(ARTICLE)
      .create({ data, status: 'published' });
    assert.equal((await article).title, 'one');
    const author = client.next('author:create');
    await app.strapi.documents(AUTHOR).create({ data: { name: 'Ada', articles: [documentId] } });
    assert.deepEqual(
      (await author).articles.map(({ title }) => title),
      ['one'],
    );
    const note = client.next('note:create');
    await app.strapi.documents(NOTE).create({ data: { text: 'all', about: documentId } });
    assert.equal((await note).about.title, 'one');
    client.close();
  });

  it('in the settings of the file is named as such', TIME, async (t) => {
    const { logged, notices } = await started(t, {
      entitySubscriptions: { allowedContentTypes: ['api::notes.note'] },
      rolePermissions: { public: { contentTypes: { 'api::note.notes': { create: false } } } },
    });
    assert.equal(logged('error').length, 2);
    assert.deepEqual(
      notices.map(({ source, path }) => [source, path]),
      [
        ['file', 'entitySubscriptions.allowedContentTypes.api::notes.note'],
        ['file', 'rolePermissions.public.contentTypes.api::note.notes'],
      ],
    );
  });

  it('in an option or transport of Socket.IO warns and changes nothing else', TIME, async (t) => {
    const { app, logged, notices } = await started(t, {
      socket: {
        serverOptions: {
          pingTimeot: 1,
          turbo: true,
          transports: ['polling', 'websockets', 'webtransport'],
          pingInterval: 24_000,
        },
      },
    });
    const expected = [
      'socket.serverOptions.pingTimeot is not an option of Socket.IO: did you mean "pingTimeout"?; it is ignored',
      'socket.serverOptions.turbo is not an option of Socket.IO; it is ignored',
      'socket.serverOptions.transports[1] "websockets" is not one of polling, websocket: did you mean "websocket"?; it is ignored',
      'socket.serverOptions.transports[2] "webtransport" is not one of polling, websocket; it is ignored',
    ];
    assert.deepEqual(
      logged('warn').filter((text) => text.includes('serverOptions')),
      expected,
    );
    assert.deepEqual(
      notices.map(({ message }) => message),
      expected,
    );
    assert.equal(app.strapi.$ioSettings.connection.pingInterval, 24_000);
    (await connect(app.url, { transports: ['polling'] })).close();
    await assert.rejects(connect(app.url, { transports: ['websocket'] }));
  });

  it('that leaves no transport serves all of them', TIME, async (t) => {
    const { app } = await started(t, {
      socket: { serverOptions: { transports: ['webtransport'] } },
    });
    (await connect(app.url, { transports: ['polling'] })).close();
    (await connect(app.url, { transports: ['websocket'] })).close();
  });

  it('is not what `actions: []` and `hooks.init: null` are: they mean none', TIME, async (t) => {
    const { app, logged, notices, settings } = await started(t, {
      contentTypes: [{ uid: NOTE, actions: [] }],
      hooks: { init: null },
    });
    assert.deepEqual([notices, logged('error')], [[], []]);
    assert.deepEqual(Object.values(settings.contentTypes[NOTE]), Array(5).fill(false));
    await app.grant('public', NOTE, 'find');
    const client = await connect(app.url);
    await app.strapi.documents(NOTE).create({ data: { text: 'hello' } });
    await app.flush(client);
    assert.deepEqual(client.names(), []);
    client.close();
  });

  it('is not what `enabled` inside of `config` is', TIME, async (t) => {
    const { app, settings, sources, notices } = await started(t, { enabled: true });
    assert.deepEqual([settings.enabled, sources.enabled, notices], [true, 'file', []]);
    (await connect(app.url)).close();
  });

  for (const origin of [undefined, null, '', [undefined]]) {
    it(
      `means the default: an origin that is not set (${JSON.stringify(origin)})`,
      TIME,
      async (t) => {
        const { app, logged, settings, notices } = await started(t, {
          socket: { serverOptions: { cors: { origin, methods: ['GET', 'POST'] } } },
        });
        const message =
          'socket.serverOptions.cors.origin is not set: the origins of the settings are in force instead';
        assert.ok(logged('warn').includes(message), logged('warn').join('\n'));
        assert.deepEqual(
          notices.map((notice) => notice.message),
          [message],
        );
        assert.deepEqual(settings.cors.origins, ['http://localhost:1337']);
        assert.deepEqual(app.strapi.$ioSettings.cors.origins, ['http://localhost:1337']);
        assert.equal(await allowedOrigin(app, 'http://localhost:1337'), 'http://localhost:1337');
        assert.notEqual(await allowedOrigin(app, 'https://evil.example'), 'https://evil.example');
        assert.notEqual(await allowedOrigin(app, 'https://evil.example'), '*');
      },
    );
  }

  const A = 'https://a.example';
  const forms = [
    // [the option, what is in force, the warning]
    [A, [A], 'is not an object; it counts as its origin'],
    [[A], [A], 'is not an object; it counts as its origin'],
    [
      { origins: [A] },
      ['http://localhost:1337'],
      'is not an option of CORS: did you mean "origin"',
    ],
    [{ origin: `${A}/` }, [`${A}/`], 'no browser sends it'],
    [{ origin: `${A},https://b.example` }, [`${A},https://b.example`], 'no browser sends it'],
    [undefined, ['http://localhost:1337'], undefined],
    [null, [], undefined],
    [{ origin: false }, [], undefined],
    [{ origin: true }, ['*'], undefined],
    [{ origin: (_, done) => done(null, true) }, ['(decided by a function)'], undefined],
    [(_, done) => done(null, { origin: A }), ['(decided by a function)'], undefined],
  ];
  for (const [index, [cors, shown, warning]] of forms.entries()) {
    it(`in \`cors\` opens nothing, and the settings show it (${index + 1})`, TIME, async (t) => {
      const { app, logged, settings, notices } = await started(t, {
        socket: { serverOptions: { cors, pingInterval: undefined } },
      });
      assert.deepEqual(settings.cors.origins, shown);
      const warnings = logged('warn').filter((text) => text.includes('serverOptions'));
      assert.deepEqual(
        notices.map(({ message }) => message),
        warnings,
      );
      assert.equal(warnings.length === 0, warning === undefined, warnings.join('\n'));
      if (warning !== undefined) assert.ok(warnings.join('\n').includes(warning));
      const isShown = (origin) => shown.some((one) => one === '*' || one === origin);
      const isDecided = shown[0]?.startsWith('(');
      for (const origin of [A, 'http://localhost:1337', 'https://evil.example']) {
        const allowed = await allowedOrigin(app, origin);
        const isAllowed = allowed === origin || allowed === '*';
        if (!isDecided) assert.equal(isAllowed, isShown(origin), `${origin}: ${allowed}`);
      }
    });
  }

  it('in one of several origins leaves the others', TIME, async (t) => {
    const { app, settings, notices } = await started(t, {
      socket: { serverOptions: { cors: { origin: ['https://a.example', undefined] } } },
    });
    assert.deepEqual(
      notices.map(({ path }) => path),
      ['socket.serverOptions.cors.origin[1]'],
    );
    assert.deepEqual(settings.cors.origins, ['https://a.example']);
    assert.equal(await allowedOrigin(app, 'https://a.example'), 'https://a.example');
  });

  it('is not to have none of the content types of the quick start yet', TIME, async (t) => {
    const { app, logged } = await started(
      t,
      {
        contentTypes: ['api::article.article'],
        socket: {
          serverOptions: {
            cors: { origin: 'http://localhost:3000', methods: ['GET', 'POST'] },
          },
        },
      },
      { types: {}, ownTypes: false },
    );
    assert.deepEqual(logged('error'), [
      'contentTypes[0] "api::article.article" is not a content type: the application has none of its own; it is skipped',
    ]);
    (await connect(app.url)).close();
  });
});
