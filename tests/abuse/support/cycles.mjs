// Boots and destroys the same application so many times, with clients in between; tells after each what the process uses.
import { boot } from '../../plugin/support/app.mjs';
import { connect } from '../../plugin/support/client.mjs';
import { usage } from './sampler.mjs';

const CLIENTS = 20;

let folder;
for (let left = Number(process.argv[2]); left > 0; left -= 1) {
  const app = await boot({ contentTypes: ['api::note.note'] }, { folder });
  folder = app.folder;
  const transports = (index) => (index % 2 === 0 ? ['websocket'] : ['polling']);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) =>
      connect(app.url, { transports: transports(index) }),
    ),
  );
  await app.close({ keep: left > 1 });
  await Promise.all(clients.map((client) => client.disconnected()));
  for (const client of clients) client.close();
  // Descriptors and threads end with their last turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  globalThis.gc();
  process.send(usage(process.pid));
}
process.disconnect();
process.exit();
