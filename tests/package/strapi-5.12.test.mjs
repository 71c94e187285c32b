import { testVersion } from './test-version.mjs';

testVersion({ version: '5.12.7', manager: 'pnpm' });
