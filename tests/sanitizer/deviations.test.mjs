// Where the native sanitizer shows less than Strapi's, on purpose. Each row of the table in docs/internals/sanitizer.md
// is a case here: what Strapi makes of it, what we make of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIONS, copiesFor, createNativeSanitizer } from './support/native.mjs';
import { reference } from './support/reference.mjs';
import { createApp, role, token } from './support/strapi.mjs';

const NOTE = 'api::note.note';
const SECRET = 'api::locked.locked';
const text = { type: 'string' };
const hidden = { type: 'string', private: true };
const info = (name) => ({ singularName: name, pluralName: `${name}s`, displayName: name });
const relation = (kind, target) => ({ type: 'relation', relation: kind, target });
const part = (uid) => ({ uid, modelType: 'component', attributes: { title: text, inner: hidden } });

const strapi = createApp({
  contentTypes: {
    [NOTE]: {
      info: info('note'),
      attributes: {
        title: text,
        inner: hidden,
        subject: relation('morphToOne'),
        subjects: relation('morphToMany'),
        origins: relation('morphMany', NOTE),
        friend: relation('oneToOne', NOTE),
        lost: relation('oneToOne', 'api::lost.lost'),
        zone: { type: 'dynamiczone', components: ['shared.part'] },
        gone: { type: 'component', component: 'shared.gone' },
        toString: relation('oneToOne', SECRET),
      },
    },
    [SECRET]: { info: info('locked'), attributes: { title: text, connect: text, inner: hidden } },
  },
  components: { 'shared.part': part('shared.part') },
});
const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
const all = token('full-access');
const some = role([`${NOTE}.find`]);

/** `theirs` is an Error's message where Strapi throws. */
function deviation(name, { entity, recipient = all, theirs, ours }) {
  test(name, async () => {
    const strapis = reference(strapi, OPTIONS, NOTE, entity, recipient);
    if (typeof theirs === 'string') await assert.rejects(strapis, { message: theirs });
    else assert.deepEqual(JSON.parse(await strapis), theirs);
    const [copy] = await copiesFor(sanitizer, NOTE, entity, [recipient]);
    assert.deepEqual(JSON.parse(copy), ours);
  });
}

deviation('children of morphOne and morphMany are sanitized', {
  entity: { origins: [{ id: 1, inner: 'x' }] },
  theirs: { origins: [{ id: 1, inner: 'x' }] },
  ours: { origins: [{ id: 1 }] },
});

deviation('children of morphMany are what the schema says', {
  entity: { origins: [{ __type: SECRET, id: 1 }] },
  recipient: some,
  theirs: { origins: [{ __type: SECRET, id: 1 }] },
  ours: { origins: [] },
});

deviation('elements of a type nobody knows are dropped', {
  entity: {
    subjects: [
      { __type: 'api::lost.lost', inner: 'x' },
      { __type: NOTE, id: 1 },
    ],
  },
  theirs: {
    subjects: [
      { __type: 'api::lost.lost', inner: 'x' },
      { __type: NOTE, id: 1 },
    ],
  },
  ours: { subjects: [{ __type: NOTE, id: 1 }] },
});

deviation('an empty place among morph elements does not stop the event', {
  entity: { subjects: [null, { __type: NOTE, id: 1 }] },
  theirs: "Cannot read properties of null (reading '__type')",
  ours: { subjects: [{ __type: NOTE, id: 1 }] },
});

deviation('a morph element is not taken for a mutation', {
  entity: { subject: { __type: SECRET, connect: 'text', id: 1 } },
  theirs: { subject: { options: {} } },
  ours: {},
});

deviation('a morph element is not taken for a query', {
  entity: { subject: { __type: NOTE, count: true } },
  theirs: { subject: { __type: NOTE, count: true, on: populatedByAll() } },
  ours: {},
});

deviation('relations to a type nobody knows are dropped', {
  entity: { lost: { inner: 'x' } },
  theirs: { lost: { inner: 'x' } },
  ours: {},
});

deviation('components nobody knows are dropped', {
  entity: {
    gone: { inner: 'x' },
    zone: [{ __component: 'shared.gone', inner: 'x' }, { inner: 'x' }],
  },
  theirs: {
    gone: { inner: 'x' },
    zone: [{ __component: 'shared.gone', inner: 'x' }, { inner: 'x' }],
  },
  ours: { zone: [] },
});

deviation('a dynamic zone that is not an array is sanitized', {
  entity: { zone: { __component: 'shared.part', id: 1, inner: 'x' } },
  theirs: { zone: { __component: 'shared.part', id: 1, inner: 'x' } },
  ours: { zone: { __component: 'shared.part', id: 1 } },
});

deviation('elements of a dynamic zone are objects', {
  entity: { zone: ['text', 5, null] },
  theirs: { zone: ['text', 5, null] },
  ours: { zone: [null] },
});

deviation('arrays inside arrays are sanitized', {
  entity: { friend: [[{ id: 1, inner: 'x' }]] },
  theirs: { friend: [[{ id: 1, inner: 'x' }]] },
  ours: { friend: [[{ id: 1 }]] },
});

deviation('what is removed under the name of an inherited method is gone', {
  entity: { id: 1, toString: { id: 2 } },
  recipient: some,
  theirs: { id: 1, toString: {} },
  ours: { id: 1 },
});

test('data deeper than the limit is not sent', async () => {
  let entity = { id: 1 };
  for (let depth = 0; depth < 300; depth += 1) entity = { friend: entity };
  assert.match(await reference(strapi, OPTIONS, NOTE, entity, all), /"id":1/);
  await assert.rejects(sanitizer.sanitizeFor(NOTE, entity, [all]), {
    code: 'DATA_TOO_DEEP',
    message: 'plugin io: data nests deeper than 256 levels',
  });
});

/** What Strapi makes of `count: true`, as far as the blocklist lets it through. */
function populatedByAll() {
  const uids = Object.keys(strapi.contentTypes).filter((uid) => !uid.includes('token'));
  return Object.fromEntries(uids.map((uid) => [uid, true]));
}
