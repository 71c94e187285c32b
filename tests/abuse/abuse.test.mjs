// The short suite: every case that takes seconds, one test each. `npm run abuse` runs all of them at full size.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { cases } from './cases/index.mjs';
import { Suite } from './support/suite.mjs';

describe('abuse', { timeout: 10 * 60_000 }, () => {
  const suite = new Suite({ size: 'short', peers: false });

  after(() => suite.stop());

  for (const one of cases) {
    // Long cases have their place in the long suite, which names them.
    if (one.short === null) continue;
    it(one.name, { timeout: 120_000, skip: suite.skips(one) }, async (t) => {
      const faults = await suite.run(one);
      t.diagnostic(
        suite.lines
          .at(-1)
          .filter((cell) => cell !== '')
          .join(' | '),
      );
      assert.deepEqual(faults, []);
    });
  }
});
