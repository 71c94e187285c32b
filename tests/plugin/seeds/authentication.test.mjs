// README, "Authentication": nobody, a user, an API token, and what each may hear.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bootDocumented, example, inConfig } from './support/app.mjs';
import { openPage } from './support/page.mjs';

const ARTICLE = 'api::article.article';
const PRODUCT = 'api::product.product';

describe('documentation: authentication', { timeout: 300_000 }, () => {
  let app;
  let page;

  /** The socket on the server. */
  const known = (socket) => app.strapi.$io.server.sockets.sockets.get(socket.id);
  const run = async (text, globals) => {
    const { socket } = await page.run(text, ['socket'], globals);
    await page.connected(socket);
    return socket;
  };

  before(async () => {
    app = await bootDocumented(inConfig(`contentTypes: ['${ARTICLE}', '${PRODUCT}']`));
    page = openPage(app.url);
    await app.grant('authenticated', ARTICLE, 'find');
  });
  after(async () => {
    page?.close();
    await app?.close();
  });

  it('public access: in the room of the role Public', async () => {
    const socket = await run(await example('auth-public.js'));
    assert.ok(known(socket).rooms.has('Public'));
    assert.equal(known(socket).user, null);
  });

  it('JWT: login over REST, then in the room of the role', async () => {
    const { user } = await app.addUser('user', 'authenticated', { password: 'password123' });
    assert.equal(user.email, 'user@example.com');
    const socket = await run(await example('auth-jwt.js'));
    const { rooms, user: found, data } = known(socket);
    assert.ok(rooms.has('Authenticated'));
    assert.deepEqual(found, {
      id: user.id,
      username: 'user',
      email: 'user@example.com',
      role: 'Authenticated',
    });
    assert.equal(data.userId, user.id);
  });

  it('API token: hears what it may read', async () => {
    const { accessKey } = await app.strapi.service('admin::api-token-content-api').create({
      name: 'reader',
      description: '',
      type: 'read-only',
      lifespan: null,
    });
    const text = (await example('auth-api-token.js')).replace('your-api-token-here', accessKey);
    const socket = await run(text);
    const heard = new Promise((resolve) => socket.once('product:create', resolve));
    await app.strapi.documents(PRODUCT).create({ data: { name: 'tea' } });
    assert.equal((await heard).name, 'tea');
  });

  it('permission enforcement: a role hears only what it may read', async () => {
    const editors = await app.strapi.db
      .query('plugin::users-permissions.role')
      .create({ data: { name: 'Editor', type: 'editor', description: '' } });
    await app.grant('editor', PRODUCT, 'find');
    const { jwt } = await app.addUser('editor', 'editor');
    const socket = await run(
      `const socket = io('http://localhost:1337', { auth: { strategy: 'jwt', token } });`,
      { token: jwt },
    );
    assert.ok(known(socket).rooms.has(editors.name));
    const heard = [];
    socket.onAny((event) => heard.push(event));
    await page.run(await example('auth-permissions.js'), [], { socket });
    await app.strapi.documents(ARTICLE).create({ data: { title: 'a' }, status: 'published' });
    await app.strapi.documents(PRODUCT).create({ data: { name: 'tea' } });
    const last = new Promise((resolve) => socket.once('last', resolve));
    await app.strapi.plugin('io').service('changes').idle();
    await app.strapi.$io.raw({ event: 'last' });
    await last;
    assert.deepEqual(heard, ['product:create', 'last']);
  });
});
