import { testVersion } from './test-version.mjs';

testVersion({
  version: '5.0.0',
  manager: 'npm',
  language: 'javascript',
  node: '18.20.8',
  // npm nests it below @strapi/strapi otherwise, where this version of Strapi does not find it.
  dependencies: { '@strapi/email': '5.0.0' },
});
