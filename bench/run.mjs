// `npm run bench`: the plugin in Strapi beside a Strapi with socket.io, and the bare server beside socket.io and the
// write-loop floor, in one run on one machine. Absolute numbers drift with the machine; the ratios are what counts.
// `-- strapi` or `-- server` runs one half, `-- --quick` fewer clients and one round.
import os from 'node:os';
import { benchServer } from './server-rows.mjs';
import { benchStrapi } from './strapi-rows.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const halves = ['strapi', 'server'];
const unknown = args.filter((arg) => arg !== '--quick' && !halves.includes(arg));
if (unknown.length > 0) {
  console.error(`bench: ${unknown.join(' ')}: expected "strapi", "server" or "--quick"`);
  process.exit(2);
}
const wanted = halves.filter((half) => args.includes(half));
const numbers = (name, fallback) => (process.env[name] ?? fallback).split(',').map(Number);
const clients = numbers('BENCH_CLIENTS', quick ? '1000' : '1000,5000');
const [rounds] = numbers('BENCH_ROUNDS', quick ? '1' : '3');

const [{ model }] = os.cpus();
console.log(
  `${os.cpus().length} cores (${model.trim()}), ${os.type()} ${os.release()}, Node.js ${process.version}; ` +
    `medians of ${rounds} rounds, the load beside the servers\n`,
);
if (wanted.length === 0 || wanted.includes('strapi')) {
  await benchStrapi({ clients: Math.max(...clients), rounds, rates: quick ? [0, 10] : undefined });
}
if (wanted.length === 0 || wanted.includes('server')) await benchServer({ clients, rounds });
