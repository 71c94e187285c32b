// One client for each kind of reader, and what each may read.
import { connect } from './client.mjs';

export const NOTE = 'api::note.note';
export const ARTICLE = 'api::article.article';
export const SLOGAN = 'api::slogan.slogan';
export const PAGE = 'api::page.page';
export const HOMEPAGE = 'api::homepage.homepage';
export const BANNER = 'api::banner.banner';
export const FOOTER = 'api::footer.footer';
export const LANDING = 'api::landing.landing';
export const USER = 'plugin::users-permissions.user';
export const FILE = 'plugin::upload.file';

const ALL = [NOTE, ARTICLE, SLOGAN, PAGE, HOMEPAGE, BANNER, FOOTER, LANDING, USER, FILE];

/** The subscriber may read all, and has chosen one other entity of each type. */
export const READERS = {
  public: [NOTE, ARTICLE, HOMEPAGE, BANNER, FILE],
  authenticated: ALL,
  'custom role': [SLOGAN, PAGE, FOOTER, LANDING, USER],
  'read-only token': ALL,
  'custom token': [ARTICLE, PAGE, BANNER, LANDING, USER, FILE],
  'full-access token': ALL,
  'entity subscriber': [],
};

/** Strapi names the permission after the controller. */
const controllerOf = (uid) => (uid === FILE ? 'plugin::upload.content-api' : uid);

/** Makes the roles, users and tokens, and connects; resolves with a client for each, and the full-access token. */
export async function connectReaders(app) {
  const roles = app.strapi.db.query('plugin::users-permissions.role');
  await roles.create({ data: { name: 'Editor', type: 'editor', description: '' } });
  const grants = { public: 'public', authenticated: 'authenticated', editor: 'custom role' };
  for (const [role, reader] of Object.entries(grants)) {
    for (const uid of READERS[reader]) await app.grant(role, controllerOf(uid), 'find');
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
      READERS['custom token'].map((uid) => `${controllerOf(uid)}.find`),
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
