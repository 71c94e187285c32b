// The bare server: this engine beside socket.io and the write-loop floor.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleaved, Peer, settle, show, table } from './lib/peer.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const BROADCASTS = 20;
const INTERVAL = 250;
const SIZE = 400;
const ECHOES = 20_000;

const node = (kind) => (mode) =>
  new Peer(process.execPath, ['--expose-gc', join(here, 'server.mjs'), kind, mode]);
const server = {
  'socket.io': node('socket.io'),
  'plugin-io': node('plugin-io'),
  floor: () => new Peer(join(root, 'target/release/examples/floor'), []),
};
const startLoad = () => new Peer(process.execPath, [join(here, 'load.mjs')]);

async function measure(kind, mode, clients) {
  const peer = server[kind](mode);
  const { port } = await peer.next();
  const load = startLoad();
  const before = await peer.ask('report');
  const { millis } = await load.ask(`connect ${port} ${clients}`);
  const connected = await peer.ask('report');
  await settle();
  const idle = await peer.ask('report');
  const bytes = (4 + `42["news","${'x'.repeat(SIZE)}"]`.length) * clients;
  await load.ask(`expect ${bytes}`);
  await peer.ask(`broadcast 1 0 ${SIZE}`);
  await load.next();
  await load.ask(`expect ${bytes * BROADCASTS}`);
  const start = await peer.ask('report');
  const sent = await peer.ask(`broadcast ${BROADCASTS} ${INTERVAL} ${SIZE}`);
  await load.next();
  const end = await peer.ask('report');
  await load.stop();
  await peer.stop();
  return {
    cpu: (end.cpuBefore - start.cpuAfter) / (clients * BROADCASTS),
    rss: (idle.rss - before.rss) / clients,
    connectCpu: (connected.cpuBefore - before.cpuAfter) / clients,
    accepted: clients / (millis / 1000),
    emit: sent.emitMillis,
    loop: sent.loopMillis,
  };
}

async function measureEcho(kind) {
  const peer = server[kind]('echo');
  const { port } = await peer.next();
  const load = startLoad();
  await load.ask(`connect ${port} 50`);
  await load.ask(`echo ${ECHOES / 4}`);
  const start = await peer.ask('report');
  const { millis } = await load.ask(`echo ${ECHOES}`);
  const end = await peer.ask('report');
  await load.stop();
  await peer.stop();
  return { rate: ECHOES / (millis / 1000), cpu: (end.cpuBefore - start.cpuAfter) / ECHOES };
}

const columns = [
  'server',
  'CPU per delivery µs',
  'RSS per idle connection KB',
  'connect CPU µs',
  'accepted per second',
  'emit() ms',
  'loop delay ms',
];
const cells = ({ cpu, rss, connectCpu, accepted, emit, loop }) => [
  show(cpu),
  show(rss / 1024),
  show(connectCpu, 0),
  show(accepted, 0),
  show(emit, 2),
  show(loop, 1),
];
const ratio = (ours, theirs) =>
  ['cpu', 'rss', 'connectCpu', 'accepted', 'emit', 'loop'].map((key) =>
    show(ours[key] / theirs[key], 2),
  );

async function connections(title, mode, kinds, clients, rounds) {
  console.error(`${clients} ${title}…`);
  const result = await interleaved(kinds, rounds, (kind) => measure(kind, mode, clients));
  const { 'plugin-io': ours, 'socket.io': theirs, floor } = result;
  table(`Bare server: ${clients} ${title}, ${SIZE}-byte events`, columns, [
    ...kinds.map((kind) => [kind, ...cells(result[kind])]),
    ['ratio to socket.io', ...ratio(ours, theirs)],
    ...(floor ? [['ratio to the floor', ...ratio(ours, floor)]] : []),
  ]);
}

/** Prints the rows of the bare server. */
export async function benchServer({ clients, rounds }) {
  console.error('building the floor…');
  const floor = ['build', '--release', '--example', 'floor'];
  execFileSync('cargo', floor, { cwd: root, stdio: 'inherit' });
  for (const count of clients) {
    const all = ['socket.io', 'floor', 'plugin-io'];
    await connections('WebSocket clients, no handlers', 'idle', all, count, rounds);
    const two = ['socket.io', 'plugin-io'];
    await connections('clients, a middleware and a listener', 'handlers', two, count, rounds);
  }
  console.error('events with acknowledgement…');
  const echo = await interleaved(['socket.io', 'plugin-io'], rounds, measureEcho);
  table(
    'Bare server: acknowledged events with a JavaScript handler, 50 clients',
    ['server', 'events per second', 'CPU per event µs'],
    [
      ...Object.entries(echo).map(([kind, { rate, cpu }]) => [kind, show(rate, 0), show(cpu)]),
      [
        'ratio',
        ...['rate', 'cpu'].map((key) => show(echo['plugin-io'][key] / echo['socket.io'][key], 2)),
      ],
    ],
  );
}
