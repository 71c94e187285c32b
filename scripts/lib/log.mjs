const colour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text) => paint('1', text);
export const dim = (text) => paint('2', text);
export const red = (text) => paint('31', text);
export const green = (text) => paint('32', text);
export const yellow = (text) => paint('33', text);

export const say = (text = '') => process.stdout.write(`${text}\n`);

export function duration(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** Says what starts, does it, and says how long it took. */
export async function step(title, work) {
  const began = performance.now();
  say(`${bold('▸')} ${title}`);
  try {
    const note = await work();
    const took = duration(performance.now() - began);
    say(`${green('✔')} ${title} ${dim(`(${note ? `${note}, ` : ''}${took})`)}`);
  } catch (error) {
    say(`${red('✘')} ${title} ${dim(`(${duration(performance.now() - began)})`)}`);
    throw error;
  }
}

/** A failure that needs no stack trace: what went wrong and what to do about it. */
export class Problem extends Error {}

/** Runs a script's main function; a Problem is shown as plain text. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    say();
    say(red(error instanceof Problem ? error.message : (error?.stack ?? String(error))));
    process.exitCode = 1;
  }
}
