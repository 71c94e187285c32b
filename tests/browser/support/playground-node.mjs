// The playground in a process of its own, with a database, a port and a configuration of its own. Runs
// what it is sent: the text of a function, which gets `{ strapi, admins, url }` and the arguments.
import path from 'node:path';
import { adminActions } from '../../plugin/support/admins.mjs';
import { require } from '../../plugin/support/plugin-root.mjs';

process.env.STRAPI_TELEMETRY_DISABLED = 'true';
process.env.STRAPI_DISABLE_UPDATE_NOTIFICATION = 'true';

const { folder } = JSON.parse(process.argv[2]);
const { createStrapi } = require('@strapi/strapi');
const strapi = createStrapi({ appDir: folder, distDir: folder, autoReload: false });
strapi.log.level = process.env.TEST_LOG_LEVEL ?? 'error';
await strapi.load();
await strapi.listen();
const { port } = strapi.server.httpServer.address();
const url = `http://localhost:${port}`;
const context = { strapi, admins: adminActions({ strapi, url }), url };

async function close() {
  await strapi.destroy();
  process.disconnect();
}

async function perform({ id, source, args }) {
  try {
    const run = new Function(`return (${source})`)();
    process.send({ id, value: (await run(context, ...args)) ?? null });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
}

process.on('message', (message) => void (message === 'close' ? close() : perform(message)));
process.once('disconnect', () => process.exit());
process.send({ url, folder: path.basename(folder) });
