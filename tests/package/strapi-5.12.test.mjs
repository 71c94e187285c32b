import { testVersion } from './test-version.mjs';

testVersion({ version: '5.12.7', manager: 'pnpm', language: 'javascript', node: '18.20.8' });
