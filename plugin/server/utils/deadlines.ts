/** The longest delay a timer can have; beyond it Node fires at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** Calls back for each item when its time has come. One timer for all of them, which keeps no process alive. */
export class Deadlines<T extends object> {
  readonly #times = new Map<T, number>();
  readonly #onDue: (item: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;

  constructor(onDue: (item: T) => void) {
    this.#onDue = onDue;
  }

  /** `at` in milliseconds since the epoch; null: never. */
  set(item: T, at: number | null): void {
    if (at === null) {
      this.#times.delete(item);
      return;
    }
    this.#times.set(item, at);
    if (at < this.#wakesAt) this.#arm(at);
  }

  delete(item: T): void {
    this.#times.delete(item);
  }

  clear(): void {
    this.#times.clear();
    clearTimeout(this.#timer);
    this.#wakesAt = Infinity;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    if (at === Infinity) return;
    const delay = Math.min(Math.max(at - Date.now(), 0), MAX_DELAY);
    this.#timer = setTimeout(() => this.#wake(), delay);
    this.#timer.unref();
  }

  #wake(): void {
    const now = Date.now();
    const due = [...this.#times].filter(([, at]) => at <= now).map(([item]) => item);
    for (const item of due) this.#times.delete(item);
    let next = Infinity;
    for (const at of this.#times.values()) next = Math.min(next, at);
    this.#arm(next);
    for (const item of due) this.#onDue(item);
  }
}
