// What is peculiar to one door; what all have in common is in matrix.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { mutate } from './support/doors/entries.mjs';

const ARTICLE = 'api::article.article';
const USER = 'plugin::users-permissions.user';

describe('changes through one door', { timeout: 120_000 }, () => {
  let app;
  let client;

  before(async () => {
    app = await boot(
      { contentTypes: [ARTICLE, USER] },
      { plugins: { '@strapi/plugin-graphql': '*' } },
    );
    await app.grant('public', ARTICLE, 'find', 'create', 'update');
    await app.grant('public', USER, 'find');
    client = await connect(app.url);
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  const events = async () => {
    await app.flush(client);
    return client.take();
  };

  it('show nothing secret of a user who signs up', async () => {
    const visitor = adminActions(app).caller();
    const body = { username: 'ann', email: 'ann@example.com', password: 'Passw0rd!' };
    const { user } = await visitor('POST', '/api/auth/local/register', body);
    const [{ event, data }, ...more] = await events();
    assert.equal(event, 'user:create');
    assert.deepEqual(more, []);
    assert.equal(data.username, 'ann');
    const hidden = ['password', 'resetPasswordToken', 'confirmationToken', 'role'];
    for (const field of hidden) assert.ok(!(field in data), field);
    const users = app.strapi.plugin('users-permissions').service('user');
    await users.remove({ id: user.id });
    const gone = { id: user.id, documentId: user.documentId };
    assert.deepEqual(await events(), [{ event: 'user:delete', data: gone }]);
  });

  it('are sent for what an editor publishes as they make it, and for each document of a bulk action as it was', async () => {
    const admin = await createAdmin(app);
    const place = `/content-manager/collection-types/${ARTICLE}`;
    const steps = [];
    const step = async (name, ...request) => {
      const answer = await admin(...request);
      const seen = await events();
      // The documents of a bulk action are written side by side.
      steps.push([name, ...seen.map(({ event, data }) => [event, data.documentId]).sort()]);
      return answer.data?.documentId;
    };
    const one = await step('create', 'POST', place, { title: 'a' });
    const two = await step('create and publish', 'POST', `${place}/actions/publish`, {
      title: 'b',
    });
    const documentIds = [one, two];
    await step('publish both', 'POST', `${place}/actions/bulkPublish`, { documentIds });
    await step('unpublish one', 'POST', `${place}/${one}/actions/unpublish`, {});
    await step('delete both', 'POST', `${place}/actions/bulkDelete`, { documentIds });
    const both = [
      ['article:create', one],
      ['article:update', two],
    ];
    assert.deepEqual(steps, [
      ['create'],
      ['create and publish', ['article:create', two]],
      ['publish both', ...both.sort()],
      ['unpublish one', ['article:delete', one]],
      ['delete both', ['article:delete', two]],
    ]);
  });

  it('are sent for what GraphQL drafts when it publishes', async () => {
    const api = adminActions(app).caller();
    const send = (name, args) => mutate(api, name, args, '{ documentId }');
    const { documentId } = await send('createArticle', {
      status: 'DRAFT',
      data: '{ title: "draft" }',
    });
    assert.deepEqual(await events(), []);
    await send('updateArticle', {
      documentId: `"${documentId}"`,
      status: 'PUBLISHED',
      data: '{ title: "out" }',
    });
    const seen = await events();
    assert.deepEqual(
      seen.map(({ event, data }) => [event, data.documentId, data.title]),
      [['article:create', documentId, 'out']],
    );
  });
});
