// The native sanitizer against Strapi's own followed by a plain blocklist, on random applications, entities, roles and
// tokens. SANITIZER_CASES and SANITIZER_SEED make a longer run, or repeat a part of one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEntities } from './support/entities.mjs';
import { OPTIONS, copiesFor, createNativeSanitizer } from './support/native.mjs';
import { createRandom } from './support/random.mjs';
import { plainBlocklist, reference } from './support/reference.mjs';
import { randomApp } from './support/schemas.mjs';
import { shrink } from './support/shrink.mjs';
import { BUILT_IN, createApp, role, token } from './support/strapi.mjs';

const CASES = Number(process.env.SANITIZER_CASES ?? 21_000);
const SEED = Number(process.env.SANITIZER_SEED ?? 20_261_121);
const ENTITIES_PER_APP = 12;

function recipients(random, strapi) {
  const uids = [...Object.keys(strapi.contentTypes), ...Object.keys(strapi.components)];
  const scopes = uids.flatMap((uid) =>
    ['find', 'findOne', 'create'].map((name) => `${uid}.${name}`),
  );
  return [
    role([]),
    role(random.some(scopes, 0.3)),
    role(random.some(scopes, 0.7)),
    role(scopes),
    token('full-access'),
    token('read-only'),
    token('custom', random.some(scopes, 0.5)),
  ];
}

const describe = (value) => JSON.stringify(value, null, 2);

async function report({ seed, strapi, sanitizer, uid, entity, recipient }) {
  const both = async (data) => {
    const [native] = await copiesFor(sanitizer, uid, data, [recipient]);
    return { native, expected: await reference(strapi, OPTIONS, uid, data, recipient) };
  };
  const whole = await both(entity);
  const smallest = await shrink(entity, async (data) => {
    const { native, expected } = await both(data);
    return native !== expected;
  });
  const { native, expected } = await both(smallest);
  const schemas = { ...strapi.contentTypes, ...strapi.components };
  const own = Object.entries(schemas).filter(([name]) => !BUILT_IN.includes(name));
  const shown = own.map(([name, { options, attributes }]) => [name, { options, attributes }]);
  return [
    `the copies differ; SANITIZER_SEED=${seed} SANITIZER_CASES=1 begins with this application`,
    `schemas: ${describe(Object.fromEntries(shown))}`,
    `private everywhere: ${describe(strapi.config.get('api.responses.privateAttributes'))}`,
    `recipient: ${recipient.name}`,
    `entity of ${uid}: ${JSON.stringify(entity)}`,
    `native:   ${whole.native}`,
    `expected: ${whole.expected}`,
    // Which may differ for a reason of its own, one of deviations.test.mjs.
    `the smallest part of it that differs: ${describe(smallest)}`,
    `native:   ${native}`,
    `expected: ${expected}`,
  ].join('\n');
}

test('copies equal those of Strapi, byte for byte', async (t) => {
  let cases = 0;
  let texts = 0;
  let entities = 0;
  for (let seed = SEED; cases < CASES; seed += 1) {
    const random = createRandom(seed);
    const strapi = createApp(randomApp(random));
    const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
    assert.equal(sanitizer.needsStrapi(), false);
    const uids = Object.keys(strapi.contentTypes);
    const generator = createEntities(random, strapi);
    for (let count = 0; count < ENTITIES_PER_APP; count += 1) {
      const uid = random.pick(uids);
      const entity = generator.data(uid);
      const those = recipients(random, strapi);
      const copies = await copiesFor(sanitizer, uid, entity, those);
      for (const [index, recipient] of those.entries()) {
        const expected = await reference(strapi, OPTIONS, uid, entity, recipient);
        if (copies[index] !== expected) {
          assert.fail(await report({ seed, strapi, sanitizer, uid, entity, recipient }));
        }
      }
      cases += those.length;
      texts += new Set(copies).size;
      entities += 1;
    }
  }
  t.diagnostic(
    `${cases} cases (${entities} entities, ${texts} different copies), first seed ${SEED}`,
  );
  assert.ok(cases >= CASES);
});

test('without a schema the blocklist alone is applied, to any JSON', () => {
  const options = { ...OPTIONS, excludedFields: [] };
  let cases = 0;
  for (let seed = SEED; cases < CASES / 10; seed += 1) {
    const random = createRandom(seed);
    const strapi = createApp(randomApp(random));
    const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
    const generator = createEntities(random, strapi);
    for (let count = 0; count < ENTITIES_PER_APP; count += 1, cases += 1) {
      const text = JSON.stringify(generator.data(random.pick(Object.keys(strapi.contentTypes))));
      const expected = JSON.stringify(plainBlocklist(JSON.parse(text), options));
      assert.equal(sanitizer.blocklist(text), expected, `seed ${seed}`);
    }
  }
});
