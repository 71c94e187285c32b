// GraphQL is a door like any other: one event for each change.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';

describe('changes through GraphQL', { timeout: 120_000 }, () => {
  let app;
  let client;

  const mutate = async (mutation) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `mutation { ${mutation} }` }),
      signal: AbortSignal.timeout(20_000),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    return Object.values(data)[0];
  };
  const told = async () => {
    await app.flush(client);
    return client
      .take()
      .map(({ event, data }) => [event, data.documentId, data.text ?? data.title]);
  };

  before(async () => {
    app = await boot(
      { contentTypes: [NOTE, ARTICLE] },
      { plugins: { '@strapi/plugin-graphql': '*' } },
    );
    for (const uid of [NOTE, ARTICLE]) {
      await app.grant('public', uid, 'find', 'create', 'update', 'delete');
    }
    client = await connect(app.url);
  });
  after(async () => {
    client?.close();
    await app?.close();
  });

  it('are one create, one update and one delete', async () => {
    const { documentId: id } = await mutate('createNote(data: { text: "a" }) { documentId }');
    assert.deepEqual(await told(), [['note:create', id, 'a']]);
    await mutate(`updateNote(documentId: "${id}", data: { text: "b" }) { documentId }`);
    assert.deepEqual(await told(), [['note:update', id, 'b']]);
    await mutate(`deleteNote(documentId: "${id}") { documentId }`);
    assert.deepEqual(await told(), [['note:delete', id, undefined]]);
  });

  it('of drafts are told when they are published', async () => {
    const { documentId: id } = await mutate(
      'createArticle(status: DRAFT, data: { title: "draft" }) { documentId }',
    );
    assert.deepEqual(await told(), []);
    await mutate(
      `updateArticle(documentId: "${id}", status: PUBLISHED, data: { title: "out" }) { documentId }`,
    );
    assert.deepEqual(await told(), [['article:create', id, 'out']]);
  });
});
