import { SerialQueue } from './serial-queue';
import { toError } from './to-error';
import { withinTime } from './within-time';

/** Milliseconds between two look-ups that follow each other closely: the longer a storm lasts, the larger the batches. */
const PAUSES = [50, 100, 200, 400, 500];

/** After so many milliseconds without a look-up the next one is made at once. */
const QUIET = 1_000;

/** Milliseconds that a look-up may take: a database that hangs counts as one that is away. */
const ANSWER_LIMIT = 10_000;

/** Results that are remembered. */
const MAX_KNOWN = 10_000;

interface Waiting<V> {
  resolve: (value: V | undefined) => void;
  reject: (error: Error) => void;
}

/**
 * Looks up many keys together: one look-up is under way at a time, what is asked meanwhile comes with the next. What was
 * found is remembered for `ttl` milliseconds, or until `forget`.
 */
export class BatchedLookup<V> {
  readonly #lookUp: (keys: string[]) => Promise<ReadonlyMap<string, V>>;
  readonly #ttl: number;
  readonly #known = new Map<string, { value: V; until: number }>();
  readonly #queue = new SerialQueue(() => undefined);
  #waiting = new Map<string, Array<Waiting<V>>>();
  #isQueued = false;
  #generation = 0;
  /** Look-ups that have followed each other closely. */
  #streak = 0;
  #lastAt = -Infinity;

  constructor(lookUp: (keys: string[]) => Promise<ReadonlyMap<string, V>>, { ttl = 10_000 } = {}) {
    this.#lookUp = lookUp;
    this.#ttl = ttl;
  }

  /** Resolves with what there is; undefined if there is nothing. */
  load(key: string): Promise<V | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > performance.now()) {
      return Promise.resolve(known.value);
    }
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) this.#waiting.set(key, [{ resolve, reject }]);
      else waiting.push({ resolve, reject });
      this.#request();
    });
  }

  /** What is remembered may not be so any more. */
  forget(): void {
    this.#generation += 1;
    this.#known.clear();
  }

  #request(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#queue.add(async () => {
      await this.#pause();
      this.#isQueued = false;
      await this.#flush();
    });
  }

  async #pause(): Promise<void> {
    const passed = performance.now() - this.#lastAt;
    if (passed > QUIET) {
      this.#streak = 0;
      return;
    }
    const pause = PAUSES[Math.min(this.#streak, PAUSES.length - 1)];
    this.#streak += 1;
    if (pause > passed) await new Promise((resolve) => setTimeout(resolve, pause - passed));
  }

  async #flush(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = new Map();
    this.#lastAt = performance.now();
    const generation = this.#generation;
    try {
      const found = await withinTime(this.#lookUp([...asked.keys()]), ANSWER_LIMIT);
      for (const [key, waiting] of asked) {
        const value = found.get(key);
        if (value !== undefined && generation === this.#generation) this.#remember(key, value);
        for (const { resolve } of waiting) resolve(value);
      }
    } catch (error) {
      for (const { reject } of [...asked.values()].flat()) reject(toError(error));
    }
  }

  #remember(key: string, value: V): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { value, until: performance.now() + this.#ttl });
  }
}
