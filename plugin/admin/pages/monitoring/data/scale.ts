/** How the chart maps events per second to its height. */

/** What an axis may end at, times a power of ten: each has a whole half from ten on. */
const STEPS = [1, 2, 4, 6, 10];

/** The least round number that is not below the value, and at least 2: what the axis ends at. */
export function axisEnd(value: number): number {
  const least = Math.max(value, 2);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = STEPS.find((step) => step * power >= least) ?? 10;
  return step * power;
}

/** The history as it is drawn: always this many seconds, null for those before it began. */
export function lastSeconds(history: number[], seconds: number): (number | null)[] {
  const known = history.slice(-seconds);
  return [...Array.from({ length: seconds - known.length }, () => null), ...known];
}
