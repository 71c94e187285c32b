// What every part of the benchmark needs: processes that answer line by line, medians, Markdown tables.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers every line it is given with one line of JSON. */
export class Peer {
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

/** Lets what was just done come to rest before memory is read. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 1500));

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** The median of every figure of these measurements. */
const medians = (rows) =>
  Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]));

/** Measures every kind once in each round, in turn, so that a drift of the machine hits all of them. */
export async function interleaved(kinds, rounds, run) {
  const rows = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) rows[kind].push(await run(kind));
  }
  return Object.fromEntries(kinds.map((kind) => [kind, medians(rows[kind])]));
}

export const show = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

/** Prints a Markdown table. */
export function table(title, columns, rows) {
  console.log(`${title}\n`);
  row(columns);
  row(columns.map(() => '---'));
  rows.forEach(row);
  console.log('');
}
