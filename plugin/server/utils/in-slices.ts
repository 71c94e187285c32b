import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long Node's loop is kept from anything else at a time (milliseconds). */
const SLICE = 10;

/** Does something to each of many items, one after the other, and lets Node do other things in between. */
export async function inSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void | Promise<void>,
): Promise<void> {
  let until = performance.now() + SLICE;
  for (const item of items) {
    if (performance.now() > until) {
      await nextTurn();
      until = performance.now() + SLICE;
    }
    await work(item);
  }
}
