// The addon's class by itself: nothing comes out beside an error.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { require, root } from './support/strapi.mjs';

const { Sanitizer } = require(path.join(root, 'index.js'));

const attribute = (name, type, rest) => ({
  ...{ name, type, private: false, relation: null, target: null, component: null },
  ...rest,
});
const model = (uid, attributes = []) => ({
  ...{ uid, privateAttributes: [], populateCreatorFields: false },
  attributes,
});
const OPTIONS = {
  models: [
    model('api::a.a', [attribute('b', 'relation', { relation: 'oneToOne', target: 'api::b.b' })]),
  ],
  blockedWords: ['secret'],
  allowedFields: [],
  excludedFields: [],
  hideRoleUsers: false,
};
OPTIONS.models.push(model('api::b.b'));

test('equal copies are one, and each scope set knows its own', () => {
  const sanitizer = new Sanitizer(OPTIONS);
  const none = sanitizer.addScopes([]);
  const some = sanitizer.addScopes(['api::b.b.find']);
  assert.equal(sanitizer.addScopes(['api::lost.lost.find']), none);
  assert.deepEqual(sanitizer.sanitize('api::a.a', '{"b":{"id":1}}', [some, none, none, some]), {
    texts: ['{"b":{"id":1}}', '{}'],
    assignment: [0, 1, 1, 0],
  });
});

test('what is wrong is told by code and name', () => {
  const sanitizer = new Sanitizer(OPTIONS);
  const id = sanitizer.addScopes([]);
  const refuses = (call, code, message) => assert.throws(call, { code, message });
  refuses(
    () => sanitizer.sanitize('api::c.c', '{}', [id]),
    'UNKNOWN_CONTENT_TYPE',
    'plugin io: api::c.c is not a known content type or component',
  );
  refuses(
    () => sanitizer.sanitize('api::a.a', '{"b":}', [id]),
    'MALFORMED_JSON',
    'plugin io: malformed JSON at byte 5: a value expected',
  );
  refuses(
    () => sanitizer.sanitize('api::a.a', '{}', [id, id + 1]),
    'UNKNOWN_SCOPES',
    `plugin io: scope set ${id + 1} is unknown`,
  );
  refuses(
    () => sanitizer.blocklist('['.repeat(1_000_000)),
    'DATA_TOO_DEEP',
    'plugin io: data nests deeper than 256 levels',
  );
  refuses(
    () => sanitizer.blocklist(`"${'x'.repeat(64 * 1024 * 1024)}"`),
    'DATA_TOO_LARGE',
    'plugin io: data of 67108866 bytes is larger than 67108864',
  );
  refuses(
    () => new Sanitizer({ ...OPTIONS, blockedWords: [''] }),
    'INVALID_OPTION',
    'plugin io: blockedWords: an empty word would block every field',
  );
  refuses(
    () => new Sanitizer({ ...OPTIONS, models: [model('api::a.a'), model('api::a.a')] }),
    'INVALID_OPTION',
    'plugin io: models[1].uid: api::a.a is listed twice',
  );
  assert.throws(
    () => new Sanitizer({ ...OPTIONS, models: [{ uid: 'api::a.a' }] }),
    /privateAttributes/,
  );
});
