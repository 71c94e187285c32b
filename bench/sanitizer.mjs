// One event for five roles and five tokens: the native sanitizer against Strapi's own, which is asked once per recipient.
// Needs the built addon and dist/. `node bench/sanitizer.mjs`
import { OPTIONS, copiesFor, createNativeSanitizer } from '../tests/sanitizer/support/native.mjs';
import { reference } from '../tests/sanitizer/support/reference.mjs';
import { createApp, role, token } from '../tests/sanitizer/support/strapi.mjs';

const MILLISECONDS = Number(process.env.BENCH_MS ?? 2000);
const ARTICLE = 'api::article.article';
const AUTHOR = 'api::author.author';
const TAG = 'api::tag.tag';

const text = { type: 'string' };
const relation = (kind, target) => ({ type: 'relation', relation: kind, target });
const fields = (count) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, text]));
const type = (name, attributes) => ({
  info: { singularName: name, pluralName: `${name}s`, displayName: name },
  attributes,
});

const strapi = createApp({
  contentTypes: {
    [ARTICLE]: type('article', {
      ...fields(15),
      note: { type: 'string', private: true },
      author: relation('manyToOne', AUTHOR),
      tags: relation('manyToMany', TAG),
      cover: { type: 'media', multiple: false },
      seo: { type: 'component', component: 'shared.seo' },
    }),
    [AUTHOR]: type('author', { ...fields(8), articles: relation('oneToMany', ARTICLE) }),
    [TAG]: type('tag', fields(3)),
  },
  components: {
    'shared.seo': { uid: 'shared.seo', modelType: 'component', attributes: fields(4) },
  },
});

const filled = (count, more = {}) => ({
  id: 1,
  documentId: 'tz4a98xxat96iws9zmbrgj3a',
  createdAt: '2026-11-21T10:11:12.345Z',
  updatedAt: '2026-11-21T10:11:12.345Z',
  publishedAt: '2026-11-21T10:11:12.345Z',
  ...Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`field${index}`, `the value of field ${index}`]),
  ),
  ...more,
});
const entity = filled(15, {
  note: 'not for everybody',
  author: filled(8),
  tags: [filled(3), filled(3), filled(3)],
  cover: { id: 1, name: 'cover.png', hash: 'cover_1', ext: '.png', url: '/uploads/cover.png' },
  seo: { id: 1, ...filled(4) },
});

const scopes = [ARTICLE, AUTHOR, TAG].map((uid) => `${uid}.find`);
const recipients = [
  role([scopes[0]]),
  role(scopes),
  role(scopes),
  role(scopes.slice(0, 2)),
  role([scopes[0]]),
  token('full-access'),
  token('read-only'),
  token('custom', scopes),
  token('custom', scopes.slice(0, 2)),
  token('custom', [scopes[0]]),
];
const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });

/** Microseconds per event. */
async function measure(event) {
  for (let warm = 0; warm < 200; warm += 1) await event();
  const began = performance.now();
  let events = 0;
  do {
    for (let round = 0; round < 20; round += 1) await event();
    events += 20;
  } while (performance.now() - began < MILLISECONDS);
  return ((performance.now() - began) * 1000) / events;
}

const copies = await copiesFor(sanitizer, ARTICLE, entity, recipients);
for (const [index, recipient] of recipients.entries()) {
  const expected = await reference(strapi, OPTIONS, ARTICLE, entity, recipient);
  if (copies[index] !== expected) throw new Error(`the copies for the ${recipient.name} differ`);
}

const strapis = await measure(async () => {
  for (const { auth } of recipients) {
    const seen = await strapi.contentAPI.sanitize.output(entity, strapi.getModel(ARTICLE), {
      auth,
    });
    JSON.stringify(seen);
  }
});
const native = await measure(() => sanitizer.sanitizeFor(ARTICLE, entity, recipients));

const bytes = Buffer.byteLength(JSON.stringify(entity));
console.log(
  `one entity of ${bytes} bytes, ${recipients.length} recipients, ${new Set(copies).size} different copies`,
);
console.log(`Strapi's sanitizer, once per recipient: ${strapis.toFixed(1)} µs`);
console.log(`native, blocklist included:             ${native.toFixed(1)} µs`);
console.log(`ratio: ${(strapis / native).toFixed(1)}`);
