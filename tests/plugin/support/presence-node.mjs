// One node of an application, in a process of its own: Strapi's registries belong to the process.
// Arguments: the URL of Redis and the key of the channels. Any message closes it.
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { adminActions } from './admins.mjs';
import { boot } from './app.mjs';

const [url, key] = process.argv.slice(2);
const redis = [createClient({ url })];
redis.push(redis[0].duplicate());

const app = await boot({
  contentTypes: ['api::article.article'],
  hooks: {
    async init({ $io }) {
      await Promise.all(redis.map((client) => client.connect()));
      $io.server.adapter(createAdapter(...redis, { key }));
    },
  },
});
const admins = adminActions(app);
const ids = [];
for (const name of ['ada', 'bob']) ids.push((await admins.addAdmin(name)).id);

const close = async () => {
  await app.close();
  await Promise.all(redis.map((client) => client.close()));
  process.disconnect();
};
process.once('message', () => void close());
process.send({ url: app.url, ids });
