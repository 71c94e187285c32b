/** The content types that the examples of the documentation speak of. */
const type = (name, plural, attributes, { draftAndPublish = false } = {}) => ({
  kind: 'collectionType',
  collectionName: plural,
  info: { singularName: name, pluralName: plural, displayName: name },
  options: { draftAndPublish },
  attributes,
});

const text = { type: 'string' };
const one = (target) => ({ type: 'relation', relation: 'oneToOne', target });
const many = (target) => ({ type: 'relation', relation: 'oneToMany', target });

export const contentTypes = {
  article: type(
    'article',
    'articles',
    {
      title: text,
      author: one('api::author.author'),
      category: one('api::category.category'),
      tags: many('api::tag.tag'),
    },
    { draftAndPublish: true },
  ),
  author: type('author', 'authors', { name: text, password: { type: 'password' } }),
  category: type('category', 'categories', { name: text }),
  tag: type('tag', 'tags', { name: text }),
  post: type('post', 'posts', { title: text }),
  comment: type('comment', 'comments', {
    text,
    author: one('api::author.author'),
    article: one('api::article.article'),
    post: one('api::post.post'),
  }),
  product: type('product', 'products', {
    name: text,
    price: { type: 'decimal' },
    category: one('api::category.category'),
    images: { type: 'media', multiple: true },
  }),
  customer: type('customer', 'customers', { name: text, username: text, email: text }),
  order: type('order', 'orders', {
    number: { type: 'integer' },
    customer: one('api::customer.customer'),
    items: { type: 'component', component: 'shop.item', repeatable: true },
  }),
  message: type('message', 'messages', { text, user: one('plugin::users-permissions.user') }),
  log: type('log', 'logs', { text, article: one('api::article.article') }),
  // Not the users who log in: an application's own.
  user: type('user', 'users', {
    username: text,
    password: { type: 'password' },
    secretNote: { type: 'string', private: true },
    creditCard: text,
    ssn: text,
    socialSecurityNumber: text,
    bankAccount: text,
    internalNotes: text,
    user_api_key: text,
    myApiKey: text,
    friend: one('api::author.author'),
  }),
};

export const components = {
  'shop/item': {
    collectionName: 'components_shop_items',
    info: { displayName: 'item' },
    options: {},
    attributes: { quantity: { type: 'integer' }, product: one('api::product.product') },
  },
};
