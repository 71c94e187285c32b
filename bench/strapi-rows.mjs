// The product: a Strapi with the plugin beside the same Strapi with plain socket.io doing the same job.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleaved, Peer, settle, show, table } from './lib/peer.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const BROADCASTS = 20;
const INTERVAL = 250;
const REST_SECONDS = 10;
const WARM_UP = 200;
const KINDS = ['socket.io', 'plugin-io'];
const NAMES = { 'socket.io': 'Strapi with socket.io', 'plugin-io': 'Strapi with the plugin' };

const startLoad = () => new Peer(process.execPath, [join(here, 'load.mjs')]);

/** A Strapi that has just started still gives memory back, and compiles what connecting needs. */
async function warmUp(peer, port) {
  const load = startLoad();
  await load.ask(`connect ${port} ${WARM_UP}`);
  await load.stop();
  await settle();
  await peer.ask('report');
  await settle();
}

const startStrapi = async (kind, mode = '') => {
  const peer = new Peer(process.execPath, [
    '--expose-gc',
    join(here, 'strapi/server.mjs'),
    kind,
    mode,
  ]);
  const { port } = await peer.next();
  await warmUp(peer, port);
  return { peer, port };
};
/** Connects so many clients and reads what each of them cost. */
async function connect(peer, load, port, clients, file = '') {
  const before = await peer.ask('report');
  const { millis } = await load.ask(`connect ${port} ${clients} ${file}`.trim());
  const connected = await peer.ask('report');
  await settle();
  const idle = await peer.ask('report');
  if (idle.clients !== clients) throw new Error(`${idle.clients} of ${clients} clients are there`);
  return {
    heap: (idle.heapUsed - before.heapUsed) / clients,
    rss: (idle.rss - before.rss) / clients,
    connectCpu: (connected.cpuBefore - before.cpuAfter) / clients,
    accepted: clients / (millis / 1000),
    userQueries: connected.userQueries - before.userQueries,
  };
}

/** Sends content events to everybody and reads what a delivery cost. */
async function fanOut(peer, load, clients) {
  await peer.ask('broadcast 1 0');
  await settle();
  const { received } = await load.ask('received');
  await peer.ask('broadcast 1 0');
  await settle();
  const bytes = (await load.ask('received')).received - received;
  const start = await peer.ask('report');
  await load.ask(`expect ${bytes * BROADCASTS}`);
  const sent = await peer.ask(`broadcast ${BROADCASTS} ${INTERVAL}`);
  await load.next();
  const end = await peer.ask('report');
  return {
    cpu: (end.cpuBefore - start.cpuAfter) / (clients * BROADCASTS),
    emit: sent.emitMillis,
    loop: sent.loopMillis,
  };
}

async function measurePublic(kind, mode, clients) {
  const { peer, port } = await startStrapi(kind, mode);
  const load = startLoad();
  const connected = await connect(peer, load, port, clients);
  const delivered = await fanOut(peer, load, clients);
  await load.stop();
  await peer.stop();
  return { ...connected, ...delivered };
}

async function measureUsers(kind, clients) {
  const { peer, port } = await startStrapi(kind);
  const folder = mkdtempSync(join(os.tmpdir(), 'plugin-io-bench-'));
  const file = join(folder, 'tokens.json');
  writeFileSync(file, JSON.stringify((await peer.ask(`users ${clients}`)).tokens));
  const load = startLoad();
  const connected = await connect(peer, load, port, clients, file);
  await load.stop();
  await peer.stop();
  rmSync(folder, { recursive: true });
  return connected;
}

/** REST while so many content events a second go to everybody. */
async function measureRest(kind, clients, rates) {
  const { peer, port } = await startStrapi(kind);
  const [load, rest] = [startLoad(), startLoad()];
  await load.ask(`connect ${port} ${clients}`);
  await rest.ask(`rest ${port} /api/articles 2`);
  const result = {};
  for (const rate of rates) {
    const sending =
      rate > 0 ? peer.ask(`broadcast ${rate * REST_SECONDS} ${1000 / rate}`) : Promise.resolve();
    result[rate] = (await rest.ask(`rest ${port} /api/articles ${REST_SECONDS}`)).p99;
    await sending;
    await settle();
  }
  for (const one of [rest, load, peer]) await one.stop();
  return result;
}

const kb = (bytes) => show(bytes / 1024);
const connectColumns = ['server', 'JS heap KB', 'RSS KB', 'connect CPU µs', 'accepted/s'];
const connectCells = ({ heap, rss, connectCpu, accepted }) => [
  kb(heap),
  kb(rss),
  show(connectCpu, 0),
  show(accepted, 0),
];
const ratioCells = (ours, theirs) =>
  ['heap', 'rss', 'connectCpu', 'accepted'].map((key) => show(ours[key] / theirs[key], 2));

/** Prints the rows in Strapi. */
export async function benchStrapi({ clients, rounds, rates = [0, 5, 10, 20] }) {
  for (const [title, mode] of [
    ['public clients', ''],
    ['public clients, one event has a handler', 'echo'],
  ]) {
    console.error(`in Strapi: ${clients} ${title}…`);
    const result = await interleaved(KINDS, rounds, (kind) => measurePublic(kind, mode, clients));
    const { 'plugin-io': ours, 'socket.io': theirs } = result;
    table(
      `In Strapi: ${clients} ${title} (5 roles and 5 tokens may read the type)`,
      [...connectColumns, 'CPU per delivery µs', 'emit() ms', 'loop delay ms'],
      [
        ...KINDS.map((kind) => [
          NAMES[kind],
          ...connectCells(result[kind]),
          show(result[kind].cpu),
          show(result[kind].emit, 2),
          show(result[kind].loop, 0),
        ]),
        [
          'ratio',
          ...ratioCells(ours, theirs),
          show(ours.cpu / theirs.cpu, 2),
          show(ours.emit / theirs.emit, 3),
          show(ours.loop / theirs.loop, 2),
        ],
      ],
    );
  }

  console.error(`in Strapi: ${clients} users with JWTs…`);
  const users = await interleaved(KINDS, rounds, (kind) => measureUsers(kind, clients));
  table(
    `In Strapi: ${clients} users connect with their JWTs`,
    [...connectColumns, 'user queries'],
    [
      ...KINDS.map((kind) => [
        NAMES[kind],
        ...connectCells(users[kind]),
        show(users[kind].userQueries, 0),
      ]),
      [
        'ratio',
        ...ratioCells(users['plugin-io'], users['socket.io']),
        show(users['plugin-io'].userQueries / users['socket.io'].userQueries, 3),
      ],
    ],
  );

  console.error('in Strapi: REST while events are sent…');
  const rest = await interleaved(KINDS, 1, (kind) => measureRest(kind, clients, rates));
  table(
    `In Strapi: p99 of GET /api/articles in ms, with ${clients} clients and so many content events per second`,
    ['server', ...rates.map(String)],
    KINDS.map((kind) => [NAMES[kind], ...rates.map((rate) => show(rest[kind][rate], 0))]),
  );
}
