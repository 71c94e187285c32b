// Inside a real Strapi: its schemas, its permission engine, the sanitizers its plugins register.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boot } from '../plugin/support/app.mjs';
import { OPTIONS, copiesFor, createNativeSanitizer } from './support/native.mjs';
import { reference } from './support/reference.mjs';

const ROLE = 'plugin::users-permissions.role';
const USER = 'plugin::users-permissions.user';

let app;
before(async () => {
  app = await boot();
});
after(() => app.close());

const registry = () => app.strapi.sanitizers;

/** Runs with other sanitizers registered. */
async function withSanitizers(list, run) {
  const registered = registry().get('content-api.output');
  registry().set('content-api.output', list(registered));
  try {
    return await run();
  } finally {
    registry().set('content-api.output', registered);
  }
}

async function recipients() {
  const list = await app.strapi.plugin('io').service('principals').list();
  assert.ok(list.length >= 2, 'the application has its two roles');
  return list;
}

const role = () => ({
  id: 1,
  name: 'Public',
  createdAt: new Date(0),
  users: [{ id: 2, username: 'ada', password: 'x', resetPasswordToken: 'y' }],
  permissions: [{ id: 3, action: `${USER}.find` }],
});

async function assertEqualCopies(sanitizer, uid, entity, those) {
  const copies = await copiesFor(sanitizer, uid, entity, those);
  for (const [index, recipient] of those.entries()) {
    assert.equal(copies[index], await reference(app.strapi, OPTIONS, uid, entity, recipient));
  }
  return copies;
}

test('what users-permissions registers is recognised and reproduced', async () => {
  const { strapi } = app;
  assert.equal(registry().get('content-api.output').length, 1);
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  assert.equal(sanitizer.needsStrapi(), false);
  const allowed = { name: 'all', can: () => true, auth: { strategy: { verify() {} } } };
  const [copy] = await assertEqualCopies(sanitizer, ROLE, role(), [
    allowed,
    ...(await recipients()),
  ]);
  assert.doesNotMatch(copy, /ada/);
  assert.match(copy, /permissions/);
});

test('the copies follow the permissions of real roles', async () => {
  const { strapi } = app;
  await app.grant('public', USER, 'find');
  strapi.plugin('io').service('principals').flush();
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  const those = await recipients();
  const user = { id: 1, username: 'ada', password: 'x', role: { id: 1, name: 'Public' } };
  await assertEqualCopies(sanitizer, USER, user, those);
  await assertEqualCopies(sanitizer, ROLE, role(), those);
});

test('a sanitizer of the application is called', async () => {
  const { strapi } = app;
  const custom = () => (data) => ({ ...data, name: `${data.name}!`, myToken: 1, body: 2 });
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  const those = await recipients();
  await withSanitizers(
    (registered) => [...registered, custom],
    async () => {
      assert.equal(sanitizer.needsStrapi(), true);
      const [copy] = await assertEqualCopies(sanitizer, ROLE, role(), those);
      assert.match(copy, /"name":"Public!"/);
      assert.doesNotMatch(copy, /myToken|body/);
    },
  );
  assert.equal(sanitizer.needsStrapi(), false);
});

test('without the sanitizer it was compiled for, Strapi is asked', async () => {
  const { strapi } = app;
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  const everything = { can: () => true, auth: { strategy: { verify() {} } } };
  await withSanitizers(
    () => [],
    async () => {
      assert.equal(sanitizer.needsStrapi(), true);
      const [copy] = await assertEqualCopies(sanitizer, ROLE, role(), [everything]);
      assert.match(copy, /ada/);
      const other = createNativeSanitizer({ strapi, options: OPTIONS });
      assert.equal(other.needsStrapi(), false);
      assert.deepEqual(await copiesFor(other, ROLE, role(), [everything]), [copy]);
    },
  );
});

test('a copy is made once for those who may see the same', async () => {
  const { strapi } = app;
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  const those = await recipients();
  const copies = await sanitizer.sanitizeFor(ROLE, { id: 1, name: 'Public' }, those);
  assert.deepEqual([...copies], [['{"id":1,"name":"Public"}', those]]);
  assert.deepEqual([...(await sanitizer.sanitizeFor(ROLE, { id: 1 }, []))], []);
});

test('what is not JSON is not sent', async () => {
  const { strapi } = app;
  const sanitizer = createNativeSanitizer({ strapi, options: OPTIONS });
  const those = await recipients();
  const circle = { id: 1 };
  circle.self = circle;
  await assert.rejects(sanitizer.sanitizeFor(ROLE, circle, those), TypeError);
  await assert.rejects(sanitizer.sanitizeFor(ROLE, undefined, those), /undefined is not JSON/);
  await assert.rejects(sanitizer.sanitizeFor('api::lost.lost', {}, those), {
    code: 'UNKNOWN_CONTENT_TYPE',
  });
});
