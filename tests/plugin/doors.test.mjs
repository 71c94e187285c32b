import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAdmin } from './support/admin.mjs';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const NOTE = 'api::note.note';
const USER = 'plugin::users-permissions.user';
const FILE = 'plugin::upload.file';

describe('changes through other doors', { timeout: 120_000 }, () => {
  let app;
  let client;
  let admin;

  before(async () => {
    app = await boot({ contentTypes: [ARTICLE, NOTE, USER, FILE] });
    for (const uid of [ARTICLE, NOTE, USER]) await app.grant('public', uid, 'find');
    await app.grant('public', 'plugin::upload.content-api', 'find', 'upload', 'destroy');
    client = await connect(app.url);
    admin = await createAdmin(app);
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  const events = async () => {
    await app.flush(client);
    return client.take();
  };
  const names = async () => (await events()).map(({ event }) => event);

  it('are sent once for a user who signs up, changes and goes', async () => {
    const response = await fetch(`${app.url}/api/auth/local/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ann', email: 'ann@example.com', password: 'Passw0rd!' }),
    });
    assert.equal(response.status, 200);
    const { user } = await response.json();
    const service = app.strapi.plugin('users-permissions').service('user');
    await service.edit(user.id, { username: 'anna' });
    await service.remove({ id: user.id });
    const seen = await events();
    assert.deepEqual(
      seen.map(({ event }) => event),
      ['user:create', 'user:update', 'user:delete'],
    );
    const { data } = seen[0];
    assert.equal(data.username, 'ann');
    const hidden = ['password', 'resetPasswordToken', 'confirmationToken', 'role'];
    for (const field of hidden) assert.ok(!(field in data), field);
    assert.deepEqual(seen[2].data, { id: user.id, documentId: user.documentId });
  });

  it('are sent once for a file', async () => {
    const form = new FormData();
    form.append('files', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt');
    const response = await fetch(`${app.url}/api/upload`, { method: 'POST', body: form });
    assert.equal(response.status, 201);
    const [file] = await response.json();
    await fetch(`${app.url}/api/upload/files/${file.id}`, { method: 'DELETE' });
    const seen = await events();
    assert.deepEqual(
      seen.map(({ event, data }) => [event, data.documentId]),
      [
        ['file:create', file.documentId],
        ['file:delete', file.documentId],
      ],
    );
    assert.equal(seen[0].data.name, 'hello.txt');
  });

  it('are sent once for what an editor does in the Content Manager', async () => {
    const place = `collection-types/${ARTICLE}`;
    const steps = [];
    const step = async (name, ...request) => {
      const answer = await admin(...request);
      // The documents of a bulk action are written side by side.
      steps.push([name, ...(await names()).sort()]);
      return answer;
    };
    const { data } = await step('create', 'POST', place, { title: 'a' });
    const one = data.documentId;
    await step('update', 'PUT', `${place}/${one}`, { title: 'b' });
    await step('publish', 'POST', `${place}/${one}/actions/publish`, { title: 'b' });
    await step('republish', 'POST', `${place}/${one}/actions/publish`, { title: 'c' });
    await step('unpublish', 'POST', `${place}/${one}/actions/unpublish`, {});
    const made = await step('create and publish', 'POST', `${place}/actions/publish`, {
      title: 'd',
    });
    const two = made.data.documentId;
    const documentIds = [one, two];
    await step('bulk publish', 'POST', `${place}/actions/bulkPublish`, { documentIds });
    await step('bulk unpublish', 'POST', `${place}/actions/bulkUnpublish`, { documentIds });
    await step('bulk publish again', 'POST', `${place}/actions/bulkPublish`, { documentIds });
    await step('delete', 'DELETE', `${place}/${one}`);
    await step('bulk delete', 'POST', `${place}/actions/bulkDelete`, { documentIds: [two] });
    assert.deepEqual(steps, [
      ['create'],
      ['update'],
      ['publish', 'article:create'],
      ['republish', 'article:update'],
      ['unpublish', 'article:delete'],
      ['create and publish', 'article:create'],
      ['bulk publish', 'article:create', 'article:update'],
      ['bulk unpublish', 'article:delete', 'article:delete'],
      ['bulk publish again', 'article:create', 'article:create'],
      ['delete', 'article:delete'],
      ['bulk delete', 'article:delete'],
    ]);
  });
});
