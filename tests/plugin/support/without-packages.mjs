// An application in whose process some packages cannot be found. Arguments: their names, with commas.
// Says where it is and what it logged; ends with its parent.
import Module from 'node:module';
import { boot } from './app.mjs';

const hidden = new Set(process.argv[2].split(','));
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (!hidden.has(request)) return resolve.call(this, request, ...rest);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};

const app = await boot({
  redis: { enabled: true, url: process.argv[3] },
  events: [{ name: 'echo', handler: (_context, _socket, text, ack) => ack(text) }],
});
process.once('disconnect', () => void app.close().finally(() => process.exit()));
const tested = await app.strapi
  .plugin('io')
  .service('redis')
  .test(process.argv[3])
  .then(
    () => null,
    (error) => error.message,
  );
const status = app.strapi.plugin('io').service('redis').status();
process.send({ url: app.url, log: app.log, status, tested });
