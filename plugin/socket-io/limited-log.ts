/** Shortest time between two lines of one kind (milliseconds). */
const INTERVAL = 10_000;

/** Writes a line at once, and then at most one each ten seconds, which says how many were left out. */
export class LimitedLog {
  #nextAt = 0;
  #leftOut = 0;

  constructor(private readonly write: (line: string) => void) {}

  add(line: string): void {
    const now = performance.now();
    if (now < this.#nextAt) {
      this.#leftOut += 1;
      return;
    }
    this.write(this.#leftOut === 0 ? line : `${line} (and ${this.#leftOut} more before)`);
    this.#nextAt = now + INTERVAL;
    this.#leftOut = 0;
  }
}
