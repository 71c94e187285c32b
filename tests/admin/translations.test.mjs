import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import path from 'node:path';
import { filesBelow } from '../../scripts/lib/fresh.mjs';
import { root } from '../../scripts/lib/paths.mjs';

const folder = path.join(root, 'plugin/admin/translations');
const read = (locale) => JSON.parse(fs.readFileSync(path.join(folder, `${locale}.json`), 'utf8'));
const english = read('en');
const keys = Object.keys(english);

/** The names of the values a text takes, whatever it does with them. */
const values = (text) => [
  ...new Set([...text.matchAll(/\{\s*(\w+)\s*(?=[,}])/g)].map(([, name]) => name)),
];

const code = filesBelow(path.join(root, 'plugin/admin'))
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => fs.readFileSync(file, 'utf8'))
  .join('\n');

describe('the texts of the admin panel', () => {
  for (const locale of ['de', 'es', 'fr', 'pt']) {
    it(`are all there in ${locale}, with the same values`, () => {
      const texts = read(locale);
      assert.deepEqual(Object.keys(texts), keys);
      for (const key of keys) {
        assert.notEqual(texts[key].trim(), '', key);
        assert.deepEqual(values(texts[key]).sort(), values(english[key]).sort(), key);
      }
    });
  }

  it('are all used', () => {
    // Keys are written out, or put together: t(`settings.section.${section}`).
    const composed = [...code.matchAll(/`([a-z]+\.[^`]*\$\{[^`]*)`/g)].map(([, text]) => {
      const parts = text.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
      return new RegExp(`^${parts.join('[\\w.]+')}$`);
    });
    const unused = keys.filter(
      (key) => !code.includes(`'${key}'`) && !composed.some((pattern) => pattern.test(key)),
    );
    assert.deepEqual(unused, []);
  });
});
