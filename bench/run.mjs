// `npm run bench`: fan-out cost, memory and accept rate of plugin-io beside socket.io and the write-loop floor, in
// one run on one machine. Absolute numbers drift with the machine; the ratios are what counts.
import { spawn, execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const CLIENTS = (process.env.BENCH_CLIENTS ?? '1000,5000').split(',').map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const BROADCASTS = 20;
const INTERVAL = 250;
const SIZE = 400;
const ECHOES = 20_000;

/** A process that answers every line it is given with one line of JSON. */
class Peer {
  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('a process of the benchmark ended early');
    return JSON.parse(value);
  }
  ask(line) {
    this.child.stdin.write(`${line}\n`);
    return this.next();
  }
  async stop() {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.write('quit\n');
    await gone;
  }
}

const server = {
  'socket.io': (mode) =>
    new Peer(process.execPath, ['--expose-gc', join(here, 'server.mjs'), 'socket.io', mode]),
  'plugin-io': (mode) =>
    new Peer(process.execPath, ['--expose-gc', join(here, 'server.mjs'), 'plugin-io', mode]),
  floor: () => new Peer(join(root, 'target/release/examples/floor'), []),
};

const settle = () => new Promise((resolve) => setTimeout(resolve, 1500));

async function measure(kind, clients) {
  const peer = server[kind]('idle');
  const { port } = await peer.next();
  const load = new Peer(process.execPath, [join(here, 'load.mjs')]);
  const before = await peer.ask('report');
  const { millis } = await load.ask(`connect ${port} ${clients}`);
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
    cpu: (end.cpuMicros - start.cpuMicros) / (clients * BROADCASTS),
    rss: (idle.rss - before.rss) / clients,
    accepted: clients / (millis / 1000),
    emit: sent.emitMillis,
    loop: sent.loopMillis,
  };
}

async function measureEcho(kind) {
  const peer = server[kind]('handlers');
  const { port } = await peer.next();
  const load = new Peer(process.execPath, [join(here, 'load.mjs')]);
  await load.ask(`connect ${port} 50`);
  await load.ask(`echo ${ECHOES / 4}`);
  const start = await peer.ask('report');
  const { millis } = await load.ask(`echo ${ECHOES}`);
  const end = await peer.ask('report');
  await load.stop();
  await peer.stop();
  return { rate: ECHOES / (millis / 1000), cpu: (end.cpuMicros - start.cpuMicros) / ECHOES };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const medians = (rows) =>
  Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]));
const show = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

async function interleaved(kinds, run) {
  const rows = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of kinds) rows[kind].push(await run(kind));
  }
  return Object.fromEntries(kinds.map((kind) => [kind, medians(rows[kind])]));
}

console.error('building the floor…');
execFileSync('cargo', ['build', '--release', '--example', 'floor'], {
  cwd: root,
  stdio: 'inherit',
});
console.log(`medians of ${ROUNDS} rounds, ${SIZE}-byte events, Node ${process.version}\n`);
for (const clients of CLIENTS) {
  console.error(`${clients} clients…`);
  const result = await interleaved(['socket.io', 'floor', 'plugin-io'], (kind) =>
    measure(kind, clients),
  );
  console.log(`${clients} WebSocket clients`);
  row(
    'server',
    'CPU per delivery µs',
    'RSS per idle connection KB',
    'accepted per second',
    'emit() ms',
    'loop delay ms',
  );
  row('---', '---', '---', '---', '---', '---');
  for (const [kind, { cpu, rss, accepted, emit, loop }] of Object.entries(result)) {
    row(kind, show(cpu), show(rss / 1024), show(accepted, 0), show(emit, 2), show(loop, 1));
  }
  const [ours, theirs, floor] = [result['plugin-io'], result['socket.io'], result.floor];
  console.log(
    `ratios: CPU ${show(ours.cpu / theirs.cpu, 2)}× socket.io and ${show(ours.cpu / floor.cpu, 2)}× the floor, ` +
      `RSS ${show(ours.rss / theirs.rss, 2)}×, accept rate ${show(ours.accepted / theirs.accepted, 2)}×\n`,
  );
}
const echo = await interleaved(['socket.io', 'plugin-io'], measureEcho);
console.log('acknowledged events with a JavaScript handler, 50 clients');
row('server', 'events per second', 'CPU per event µs');
row('---', '---', '---');
for (const [kind, { rate, cpu }] of Object.entries(echo)) row(kind, show(rate, 0), show(cpu));
console.log(
  `ratio: ${show(echo['plugin-io'].rate / echo['socket.io'].rate, 2)}× the events per second`,
);
