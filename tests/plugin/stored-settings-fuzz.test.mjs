// Whatever is stored, reading and converting it neither fails nor opens what other settings keep closed.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { pluginRoot, require } from './support/plugin-root.mjs';
import { storedBy5_0_4 } from './support/stored-settings.mjs';

const { readStored } = require(`${pluginRoot}/dist/server/settings/read-stored.js`);
const { convertFrom5_0, isFrom5_0 } = require(`${pluginRoot}/dist/server/settings/convert-5-0.js`);
const { settingsPatchSchema } = require(`${pluginRoot}/dist/shared/settings.js`);

const ROUNDS = 4000;

const VALUES = [
  ...[null, '', 'x', 0, 1, -1, 1.5, 1e9, true, false, 'true', '*', 'api::note.note'],
  ...[[], {}, [null], [1], ['x', null, 5], [[]], { a: 1 }, ['http://localhost:1337']],
  ...[{ 'a b': { requireAuth: true } }, { '': { canConnect: false } }, { enabled: 'false' }],
  ...[{ 'api::note.note': null }, { 'api::note.note': { create: 'yes' } }],
  ...[{ canConnect: 0 }, { contentTypes: [] }, { contentTypes: 'x' }, { contentTypes: null }],
];
const KEYS = ['__proto__', 'constructor', 'cors.origins', 'x.y', '', '0', 'a b', 'a'.repeat(300)];
const ROLES = [
  { name: 'Public', type: 'public' },
  { name: 'Authenticated', type: 'authenticated' },
  { name: '__proto__', type: 'constructor' },
];

/** The same numbers in each run. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

describe('stored settings with random mistakes', { timeout: 120_000 }, () => {
  it('are read, and the rules that can be read stay in force', async () => {
    const random = numbers(12);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const mutate = (node) => {
      if (typeof node !== 'object' || node === null || random() < 0.05) return pick(VALUES);
      const copy = Array.isArray(node) ? [...node] : { ...node };
      for (const key of Object.keys(copy)) {
        const chance = random();
        if (chance < 0.25) copy[key] = mutate(copy[key]);
        else if (chance < 0.28) delete copy[key];
      }
      if (random() < 0.3) {
        const value = pick(VALUES);
        const property = { value, enumerable: true, configurable: true, writable: true };
        Object.defineProperty(copy, pick(KEYS), property);
      }
      return copy;
    };

    const files = await readdir(new URL('fixtures/settings-5.0.4', import.meta.url));
    const originals = await Promise.all(files.map((file) => storedBy5_0_4(file.slice(0, -5))));
    let kept = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const text = JSON.stringify(mutate(mutate(pick(originals))));
      const stored = JSON.parse(text);
      const settings = isFrom5_0(stored) ? convertFrom5_0(stored, ROLES).settings : stored;
      const { patch, problems } = readStored(settings);
      assert.ok(settingsPatchSchema.safeParse(patch).success, text);
      assert.ok(
        problems.every(({ message }) => !message.includes('cannot be read')),
        text,
      );
      assert.equal(JSON.stringify(stored), text, 'the original is not changed');
      const { requireAuthentication, ipBlacklist } = Object(Object(stored).security);
      if (requireAuthentication === true) {
        kept += 1;
        assert.equal(patch.security.requireAuthentication, true, text);
      }
      if (Array.isArray(ipBlacklist) && ipBlacklist.includes('10.6.6.6')) {
        kept += 1;
        assert.ok(patch.security.ipBlacklist.includes('10.6.6.6'), text);
      }
      for (const [role, rules] of Object.entries(Object(Object(stored).rolePermissions))) {
        if (Object(rules).canConnect !== false || role === '' || role.length > 255) continue;
        kept += 1;
        assert.equal(patch.rolePermissions[role]?.canConnect, false, text);
      }
    }
    assert.ok(kept > ROUNDS / 10, `${kept} rules`);
  });
});
