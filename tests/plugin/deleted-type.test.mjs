// A watched content type that is deleted with the Content-Type Builder, under `strapi develop`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from './support/client.mjs';
import { develop } from './support/develop.mjs';

const NOTE = 'api::note.note';
const SKIPPED = 'contentTypes[0] "api::note.note" is not a content type';

const type = (name) => ({
  kind: 'collectionType',
  collectionName: `${name}s`,
  info: { singularName: name, pluralName: `${name}s`, displayName: name },
  options: { draftAndPublish: false },
  attributes: { text: { type: 'string' } },
});

describe('a watched content type deleted in the Content-Type Builder', { timeout: 600_000 }, () => {
  it('is skipped, Strapi comes back, and it is watched when it exists again', async (t) => {
    const app = await develop(
      { contentTypes: [NOTE, 'api::memo.memo'], debounce: 0 },
      { ownTypes: false, types: { note: type('note'), memo: type('memo') } },
    );
    t.after(() => app.close());
    const admin = await app.register();
    const uids = async () =>
      (await admin('GET', '/content-type-builder/content-types')).data.map(({ uid }) => uid);
    const notices = async () => (await admin('GET', '/io/settings')).data.notices;

    assert.ok((await uids()).includes(NOTE));
    assert.deepEqual(await notices(), []);

    await admin('DELETE', `/content-type-builder/content-types/${NOTE}`);
    await app.until('Strapi without the type', async () => !(await uids()).includes(NOTE));
    assert.ok(app.output().includes(SKIPPED), app.output());
    assert.deepEqual(
      (await notices()).map(({ path }) => path),
      ['contentTypes[0]'],
    );
    (await connect(app.url)).close();

    const { kind, info, attributes } = type('note');
    await admin('POST', '/content-type-builder/content-types', {
      contentType: { kind, ...info, draftAndPublish: false, attributes },
      components: [],
    });
    await app.until('Strapi with the type', async () => (await uids()).includes(NOTE));
    assert.deepEqual(await notices(), []);
    const { accessKey } = (
      await admin('POST', '/admin/api-tokens', {
        name: 'all',
        description: '',
        type: 'full-access',
        lifespan: null,
      })
    ).data;
    const client = await connect(app.url, { auth: { strategy: 'api-token', token: accessKey } });
    const created = client.next('note:create');
    const { status } = await fetch(`${app.url}/api/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessKey}` },
      body: JSON.stringify({ data: { text: 'back again' } }),
    });
    assert.equal(status, 201);
    assert.equal((await created).text, 'back again');
    client.close();
  });
});
