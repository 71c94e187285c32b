// What `strapi develop --no-watch-admin` runs, in the current folder, without building the admin panel: a
// primary process and the workers it replaces when Strapi asks for a restart.
import path from 'node:path';
import { require } from './plugin-root.mjs';

const strapi = path.dirname(require.resolve('@strapi/strapi/package.json'));
const { develop } = require(path.join(strapi, 'dist/src/node/develop.js'));
const logger = console;
logger.spinner = () => ({ start: () => logger.spinner(), succeed() {}, fail() {}, text: '' });
await develop({
  cwd: process.cwd(),
  logger,
  watchAdmin: false,
  buildAdmin: false,
  installDeps: false,
});
