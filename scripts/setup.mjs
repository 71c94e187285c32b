// Brings a bare clone to a built package: `npm run setup [-- --debug]`. Only what is stale is redone.
import { main } from './lib/log.mjs';
import { setup } from './lib/build.mjs';

await main(() => setup({ profile: process.argv.includes('--debug') ? 'debug' : 'release' }));
