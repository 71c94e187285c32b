interface Due {
  /** Which of the changes so far it is due for. */
  change: number;
  /** Whether it may become reachable by events that it is not reachable by now. */
  mayMove: boolean;
}

interface Waiter<T> {
  change: number;
  isReached: (item: T) => boolean;
  resolve: () => void;
}

/**
 * Items that have to be checked, as something they depend on has changed, and who waits for that: a waiter waits for the
 * items it reaches, as far as they were due when it began to wait.
 */
export class DueChecks<T> {
  readonly #due = new Map<T, Due>();
  /** Those that are being checked. */
  readonly #busy = new Map<T, Due>();
  readonly #waiters = new Set<Waiter<T>>();
  #change = 0;

  /** One change, and the items it concerns. */
  add(items: Iterable<readonly [item: T, mayMove: boolean]>): void {
    this.#change += 1;
    for (const [item, mayMove] of items) {
      const known = this.#due.get(item);
      if (known === undefined) this.#due.set(item, { change: this.#change, mayMove });
      else known.mayMove ||= mayMove;
    }
  }

  /** Takes items to be checked next, those that are waited for first, until `isEnough` says so. */
  take(isEnough: (taken: T) => boolean): T[] {
    const [first] = this.#waiters;
    const all = [...this.#due];
    const waitedFor = first === undefined ? [] : all.filter((entry) => concerns(first, entry));
    const entries = waitedFor.length > 0 ? waitedFor : all;
    const taken: T[] = [];
    for (const [item, due] of entries) {
      this.#due.delete(item);
      this.#busy.set(item, due);
      taken.push(item);
      if (isEnough(item)) break;
    }
    return taken;
  }

  /** The items have been checked. */
  done(items: readonly T[]): void {
    for (const item of items) this.#busy.delete(item);
    for (const waiter of this.#waiters) {
      if (this.#isWaiting(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Whether an item is due or being checked. */
  has(item: T): boolean {
    return this.#due.has(item) || this.#busy.has(item);
  }

  /** Resolves when the items reached have been checked for all changes so far. */
  wait(isReached: (item: T) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { change: this.#change, isReached, resolve };
      if (this.#isWaiting(waiter)) this.#waiters.add(waiter);
      else resolve();
    });
  }

  /** Nothing is checked any more: nobody waits in vain. */
  clear(): void {
    this.#due.clear();
    this.done([...this.#busy.keys()]);
  }

  #isWaiting(waiter: Waiter<T>): boolean {
    for (const entry of this.#busy) if (concerns(waiter, entry)) return true;
    for (const entry of this.#due) if (concerns(waiter, entry)) return true;
    return false;
  }
}

function concerns<T>(waiter: Waiter<T>, [item, { change, mayMove }]: [T, Due]): boolean {
  return change <= waiter.change && (mayMove || waiter.isReached(item));
}
