/** A draft & publish type with everything that must not reach clients, and plainer ones. */
const type = (name, plural, { kind = 'collectionType', draftAndPublish = false, ...rest }) => ({
  kind,
  collectionName: plural.replaceAll('-', '_'),
  info: { singularName: name, pluralName: plural, displayName: name },
  options: { draftAndPublish },
  ...rest,
});

export const contentTypes = {
  article: type('article', 'articles', {
    draftAndPublish: true,
    attributes: {
      title: { type: 'string', required: true },
      hashtags: { type: 'string' },
      internal: { type: 'string', private: true },
      passcode: { type: 'password' },
      upstreamApiKey: { type: 'string' },
      author: {
        type: 'relation',
        relation: 'manyToOne',
        target: 'api::author.author',
        inversedBy: 'articles',
      },
    },
  }),
  author: type('author', 'authors', {
    attributes: {
      name: { type: 'string' },
      phone: { type: 'string', private: true },
      articles: {
        type: 'relation',
        relation: 'oneToMany',
        target: 'api::article.article',
        mappedBy: 'author',
      },
    },
  }),
  note: type('note', 'notes', {
    attributes: {
      text: { type: 'string' },
      about: { type: 'relation', relation: 'oneToOne', target: 'api::article.article' },
    },
  }),
  page: type('page', 'pages', {
    draftAndPublish: true,
    pluginOptions: { i18n: { localized: true } },
    attributes: {
      title: { type: 'string', pluginOptions: { i18n: { localized: true } } },
      code: { type: 'string', pluginOptions: { i18n: { localized: false } } },
    },
  }),
  slogan: type('slogan', 'slogans', {
    pluginOptions: { i18n: { localized: true } },
    attributes: { title: { type: 'string', pluginOptions: { i18n: { localized: true } } } },
  }),
  homepage: type('homepage', 'homepages', {
    kind: 'singleType',
    attributes: { headline: { type: 'string' } },
  }),
};

/** Single types of every sort, for applications that ask for them. */
export const singleTypes = {
  banner: type('banner', 'banners', {
    kind: 'singleType',
    draftAndPublish: true,
    attributes: { title: { type: 'string' } },
  }),
  footer: type('footer', 'footers', {
    kind: 'singleType',
    pluginOptions: { i18n: { localized: true } },
    attributes: { title: { type: 'string', pluginOptions: { i18n: { localized: true } } } },
  }),
  landing: type('landing', 'landings', {
    kind: 'singleType',
    draftAndPublish: true,
    pluginOptions: { i18n: { localized: true } },
    attributes: { title: { type: 'string', pluginOptions: { i18n: { localized: true } } } },
  }),
};
