import { require } from './support.mjs';
import { testVersion } from './test-version.mjs';

testVersion({
  version: require('@strapi/strapi/package.json').version,
  manager: 'pnpm',
  language: 'typescript',
  withPanel: true,
  // Earlier templates do not ask.
  flags: ['non-interactive'],
});
