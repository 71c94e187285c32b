import { AsyncResource } from 'node:async_hooks';

/**
 * Runs jobs one after the other, in the async context in which the queue was made: whoever adds a
 * job may be inside a request or a database transaction that is over by the time it runs.
 */
export class SerialQueue extends AsyncResource {
  #tail: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    super('SerialQueue', { requireManualDestroy: false });
    this.#onError = onError;
  }

  add(job: () => Promise<void>): void {
    if (this.#closed) return;
    this.runInAsyncScope(() => {
      this.#tail = this.#tail.then(() => (this.#closed ? undefined : job())).catch(this.#onError);
    });
  }

  /** Resolves when everything added so far has run. */
  idle(): Promise<void> {
    return this.#tail;
  }

  /** Drops the jobs that wait; resolves when the one that runs is over. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }
}
