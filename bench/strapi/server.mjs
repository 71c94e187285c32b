// A real Strapi of the benchmark, in a process of its own: `node --expose-gc server.mjs plugin-io|socket.io [echo]`.
// Commands come on stdin, one JSON answer a line goes to stdout.
import { createInterface } from 'node:readline';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { readCpu } from '../lib/cpu.mjs';
import { boot } from '../../tests/plugin/support/app.mjs';
import { startPlain } from './plain-socket-io.mjs';

process.env.NODE_ENV = 'production';
const UID = 'api::article.article';
/** Custom roles and API tokens that may read articles, beside Public and Authenticated. */
const ROLES = 3;
const TOKENS = 5;
const [, , kind, mode] = process.argv;
const echo = mode === 'echo';
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const handler = { name: 'echo', handler: (_, socket, value, ack) => ack(value) };
const app = await boot(
  kind === 'plugin-io' ? { contentTypes: [UID], ...(echo && { events: [handler] }) } : {},
  { enabled: kind === 'plugin-io' },
);
const { strapi } = app;

async function addReaders() {
  for (const type of ['public', 'authenticated']) await app.grant(type, UID, 'find', 'findOne');
  for (let number = 0; number < ROLES; number += 1) {
    const type = `reader-${number}`;
    await strapi.db
      .query('plugin::users-permissions.role')
      .create({ data: { name: `Reader ${number}`, type } });
    await app.grant(type, UID, 'find');
  }
  for (let number = 0; number < TOKENS; number += 1) {
    await strapi.service('admin::api-token-content-api').create({
      name: `token ${number}`,
      type: 'custom',
      lifespan: null,
      permissions: [`${UID}.find`],
    });
  }
}

const withPlugin = () => ({
  emit: (uid, event, data) => strapi.$io.emit({ event, schema: uid, data }),
  connections: () => strapi.$io.server.engine.clientsCount,
});

let userQueries = 0;
strapi.db.connection.on('query', ({ sql }) => {
  if (/from .up_users./.test(sql)) userQueries += 1;
});

await addReaders();
const server = kind === 'plugin-io' ? withPlugin() : startPlain(strapi, { echo });
const article = await strapi.documents(UID).create({
  data: { title: 'Breaking news', hashtags: 'x'.repeat(250), internal: 'secret' },
  status: 'published',
});
say({ port: Number(new URL(app.url).port) });

/** Users by the thousand, written as rows: hashing that many passwords would take minutes. */
async function addUsers(count) {
  const { id: role } = await app.role('authenticated');
  const knex = strapi.db.connection;
  const service = strapi.plugin('users-permissions').service('jwt');
  const tokens = [];
  for (let first = 0; first < count; first += 200) {
    const ids = Array.from({ length: Math.min(200, count - first) }, (_, at) => first + at + 1000);
    await knex('up_users').insert(
      ids.map((id) => ({
        id,
        document_id: `bench-user-${id}`,
        username: `user${id}`,
        email: `user${id}@example.com`,
        provider: 'local',
        confirmed: true,
        blocked: false,
      })),
    );
    await knex('up_users_role_lnk').insert(ids.map((id) => ({ user_id: id, role_id: role })));
    for (const id of ids) tokens.push(await service.issue({ id }));
  }
  return tokens;
}

async function broadcast(count, interval) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let longest = 0;
  let cpu = 0;
  delay.enable();
  for (let sent = 0; sent < count; sent += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    await server.emit(UID, 'update', article);
    longest = Math.max(longest, performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    cpu += user + system;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  delay.disable();
  say({
    done: count,
    emitMillis: longest,
    emitCpuMillis: cpu / count / 1000,
    loopMillis: delay.max / 1e6,
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...numbers] = line.split(' ');
  if (command === 'broadcast') await broadcast(...numbers.map(Number));
  else if (command === 'users') say({ tokens: await addUsers(Number(numbers[0])) });
  else if (command === 'report') {
    const cpu = readCpu();
    const { rss, heapUsed } = process.memoryUsage();
    say({ ...cpu, rss, heapUsed, userQueries, clients: server.connections() });
  } else break;
}
await server.close?.();
await app.close();
process.exit(0);
