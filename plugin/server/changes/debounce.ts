import type { RowOperation } from './row-operation';

/** What became of a document, in a word (`update`); null: nothing that anybody hears of. */
type Kind = string | null;

/** The time after something was told of a document, in which more of the same kind is kept. */
interface Window {
  endsAt: number;
  told: Set<string>;
  kept: RowOperation[];
}

/** A row's first and last operation tell what became of it: what lies between is not kept. */
function keep(kept: RowOperation[], operations: readonly RowOperation[]): void {
  for (const operation of operations) {
    const ofRow = kept.filter(({ id }) => id === operation.id);
    if (ofRow.length < 2) kept.push(operation);
    else kept[kept.lastIndexOf(ofRow[ofRow.length - 1])] = operation;
  }
}

/**
 * The first change of each kind to a document is told at once, so that a create, an update and a
 * delete right after each other are three events. What follows within `delay` milliseconds is told
 * as one when they are over, so what was told last is always the latest. One timer serves all
 * documents, and it keeps no process alive.
 */
export class Debounce {
  /** In the order in which they end. */
  readonly #windows = new Map<string, Window>();
  readonly #delay: number;
  readonly #kindOf: (group: RowOperation[]) => Kind;
  readonly #tell: (groups: RowOperation[][]) => Kind[];
  #timer: NodeJS.Timeout | undefined;
  #waiting: Array<() => void> = [];

  /**
   * `tell` gets the operations of some documents and answers for each of them what was told: a
   * document nothing was told of has no window. `kindOf` says what would be told.
   */
  constructor(
    delay: number,
    kindOf: (group: RowOperation[]) => Kind,
    tell: (groups: RowOperation[][]) => Kind[],
  ) {
    this.#delay = delay;
    this.#kindOf = kindOf;
    this.#tell = tell;
  }

  /** Operations by the document they belong to. */
  add(groups: ReadonlyMap<string, RowOperation[]>): void {
    const first: Array<[string, RowOperation[]]> = [];
    for (const [document, operations] of groups) {
      const window = this.#windows.get(document);
      if (window === undefined) {
        first.push([document, operations]);
        continue;
      }
      keep(window.kept, operations);
      const kind = this.#kindOf(operations);
      if (kind !== null && !window.told.has(kind)) first.push([document, window.kept.splice(0)]);
    }
    this.#release(first);
  }

  /** Resolves when nothing is kept back. */
  idle(): Promise<void> {
    if (!this.#isHolding()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Tells at once what is kept back. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = [...this.#windows.values()].filter(({ kept }) => kept.length > 0);
    this.#windows.clear();
    if (held.length > 0) this.#tell(held.map(({ kept }) => kept));
    this.#settle();
  }

  #isHolding(): boolean {
    return [...this.#windows.values()].some(({ kept }) => kept.length > 0);
  }

  #release(entries: ReadonlyArray<[string, RowOperation[]]>): void {
    if (entries.length > 0) {
      const told = this.#tell(entries.map(([, operations]) => operations));
      const endsAt = performance.now() + this.#delay;
      entries.forEach(([document], index) => {
        const kind = told[index];
        if (this.#delay === 0 || kind === null) return;
        const window = this.#windows.get(document);
        if (window) window.told.add(kind);
        else this.#windows.set(document, { endsAt, told: new Set([kind]), kept: [] });
      });
    }
    this.#arm();
  }

  #arm(): void {
    const next = this.#windows.values().next().value;
    if (next === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#wake(), Math.max(next.endsAt - performance.now(), 0));
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    const now = performance.now();
    const due: Array<[string, RowOperation[]]> = [];
    for (const [document, { endsAt, kept }] of this.#windows) {
      if (endsAt > now) break;
      this.#windows.delete(document);
      if (kept.length > 0) due.push([document, kept]);
    }
    this.#release(due);
    if (!this.#isHolding()) this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
