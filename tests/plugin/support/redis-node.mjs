// Boots an application whose nodes share a Redis; run on its own, it is another node, in a process
// of its own as Strapi keeps state per process: `fork(file, [REDIS_URL, KEY])`.
import { fileURLToPath } from 'node:url';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { boot } from './app.mjs';

const NOTE = 'api::note.note';

export async function bootNode(url, key) {
  const redis = [];
  const app = await boot({
    contentTypes: [NOTE],
    hooks: {
      async init({ $io }) {
        const pubClient = createClient({ url });
        const subClient = pubClient.duplicate();
        redis.push(pubClient, subClient);
        await Promise.all([pubClient.connect(), subClient.connect()]);
        $io.server.adapter(createAdapter(pubClient, subClient, { key }));
      },
    },
  });
  await app.grant('public', NOTE, 'find');
  const close = async () => {
    await app.close();
    for (const client of redis) await client.close();
  };
  return { ...app, close };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, key] = process.argv.slice(2);
  const app = await bootNode(url, key);
  const { documentId } = await app.strapi.documents(NOTE).create({ data: { text: 'a' } });
  await app.strapi.plugin('io').service('changes').idle();
  // Also when the parent is gone.
  process.once('disconnect', () => void app.close().finally(() => process.exit()));
  process.send({ url: app.url, documentId });
}
