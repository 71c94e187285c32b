// The server under attack: a real Strapi with the plugin, in a process of its own. Its one argument is JSON: `config` of
// the plugin, and `application`, what else `boot` takes. Messages name commands; each is answered.
import { adminActions } from '../../plugin/support/admins.mjs';
import { boot } from '../../plugin/support/app.mjs';
import { pushToken } from '../../plugin/support/transfer.mjs';

const NOTE = 'api::note.note';
const { config = {}, application = {} } = JSON.parse(process.argv[2] ?? '{}');

const app = await boot(
  {
    contentTypes: [NOTE],
    ...config,
    // What an application has: an event that is answered.
    events: [{ name: 'echo', handler: (context, socket, value, ack) => ack?.(value) }],
  },
  application,
);
await app.grant('public', NOTE, 'find', 'create');
const admins = adminActions(app);
let people = 0;
const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'first' } });

const commands = {
  gc() {
    globalThis.gc?.();
  },
  state() {
    const io = app.strapi.$io.server;
    return {
      sockets: io.of('/').sockets.size,
      connections: io.engine.clientsCount,
      rooms: io.of('/').adapter.rooms.size,
      polluted: Object.keys(Object.prototype).length + ('polluted' in {} ? 1 : 0),
      logged: app.log.length,
      logBytes: app.log.reduce((sum, { text }) => sum + text.length, 0),
    };
  },
  /** The last lines of the log, for a case that has failed. */
  log: () => app.log.slice(-20),
  /** A token with which a new admin opens connections, ten of them. */
  async admin() {
    const name = `chief-${(people += 1)}`;
    await admins.addAdmin(name);
    const { body } = await admins.session(await admins.login(name));
    return body.token;
  },
  /** A new user who receives notes. */
  async user() {
    await app.grant('authenticated', NOTE, 'find');
    return app.addUser(`user-${(people += 1)}`);
  },
  /** A write of the query engine, which the plugin announces all the same. */
  async write() {
    await app.strapi.db.query(NOTE).create({ data: { text: 'written' } });
  },
  /** For `strapi transfer` to this application. */
  pushToken: () => pushToken(app),
  async close() {
    await app.close();
    process.disconnect();
  },
};

process.on('message', async ({ id, command }) => {
  try {
    process.send({ id, result: await commands[command]() });
  } catch (error) {
    if (process.connected) process.send({ id, error: error.message });
  }
});
process.once('disconnect', () => process.exit());
process.send({ url: app.url, folder: app.folder, documentId });
