// One of the nodes that share a database and a Redis, in a process of its own: Strapi's registries
// belong to the process. Its one argument is JSON: `database`, `redis` with a `key`, and whether it is the `first`,
// which fills the database. A message names an event to send after all that has been written, or is
// `{ id, target, method, args }`, to call `strapi.$io`, a service or one of `targets`; 'close' ends it.
import { adminActions } from './admins.mjs';
import { boot } from './app.mjs';
import { store, stored } from './stored-settings.mjs';

const NOTE = 'api::note.note';
const ARTICLE = 'api::article.article';

const { database, redis, key = '', first } = JSON.parse(process.argv[2]);
const app = await boot(
  {
    contentTypes: [NOTE, ARTICLE],
    namespaces: { enabled: true, list: { chat: { requireAuth: false } } },
    redis: redis === undefined ? { enabled: false } : { enabled: true, url: redis, key },
  },
  { database },
);
const service = (name) => app.strapi.plugin('io').service(name);
const admins = adminActions(app);

async function fill() {
  await app.grant('public', NOTE, 'find', 'create', 'update');
  await app.grant('authenticated', ARTICLE, 'find');
  await app.grant('public', ARTICLE, 'create');
  for (const name of ['ada', 'bob']) await admins.addAdmin(name);
  return { reader: (await app.addUser('reader')).jwt, guest: (await app.addUser('guest')).jwt };
}

const close = async () => {
  await app.close();
  process.disconnect();
};

const targets = {
  $io: () => app.strapi.$io,
  log: () => ({ lines: () => app.log }),
  store: () => ({
    read: async (...keys) => (await stored(app.strapi, ...keys)) ?? null,
    write: (value) => store(app.strapi, value),
  }),
};

const call = async ({ id, target, method, args }) => {
  const object = targets[target]?.() ?? service(target);
  try {
    process.send({ [id]: true, result: await object[method](...args) });
  } catch (error) {
    process.send({ [id]: true, error: error.message });
  }
};

const jwts = first ? await fill() : undefined;
process.on('message', (message) => {
  if (message === 'close') void close();
  else if (message === 'invalidate') app.strapi.$io.invalidateCache();
  else if (typeof message === 'object') void call(message);
  else
    void service('changes')
      .idle()
      .then(() => app.strapi.$io.raw({ event: message }));
});
process.once('disconnect', () => process.exit());
service('settings').onChange((_, changed) => process.send({ changed }));
service('cluster').onReached(() => process.send({ reached: true }));
process.send({ url: app.url, jwts });
