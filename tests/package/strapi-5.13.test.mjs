import { testVersion } from './test-version.mjs';

testVersion({ version: '5.13.0', manager: 'pnpm', language: 'typescript' });
