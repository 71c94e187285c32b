/**
 * Keeps errors of user code (listeners, middlewares, acknowledgement callbacks) from ending the process: each is
 * reported once, and what stands next to it goes on.
 */
import type { EventEmitter } from 'node:events';
import type { Middleware, Next } from './upstream';

/** Where an error of user code goes. */
export type Report = (error: unknown) => void;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}

/** Runs user code; a throw or a rejection is reported. */
export function attempt(run: () => unknown, report: Report): void {
  try {
    const result = run();
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

/** A function which does the same as `fn` and reports what it throws or rejects with. */
export function guarded<Args extends unknown[]>(
  fn: (...args: Args) => unknown,
  report: Report,
): (...args: Args) => void {
  return function (this: unknown, ...args: Args) {
    attempt(() => fn.apply(this, args), report);
  };
}

/** `emitter.emit`, except that one failing listener is reported and the others still run. */
export function emitGuarded(
  emitter: EventEmitter,
  event: string,
  args: unknown[],
  report: Report,
): boolean {
  // A client's event may lack its name, which `rawListeners` would not forgive.
  const listeners = emitter.rawListeners(String(event)) as ((...args: unknown[]) => unknown)[];
  for (const listener of listeners) attempt(() => listener.apply(emitter, args), report);
  return listeners.length > 0;
}

/**
 * Runs a middleware chain. Each step continues at most once; a step that throws or rejects before it continued is
 * reported and ends the chain with what `refusal` makes of the error.
 */
export function runChain<T>(
  steps: readonly Middleware<T>[],
  subject: T,
  done: Next,
  report: Report,
  refusal: (error: unknown) => Error,
): void {
  const run = (index: number): void => {
    const step = steps[index];
    if (!step) return done();
    let settled = false;
    const next: Next = (error) => {
      if (settled) return;
      settled = true;
      if (error) done(error);
      else run(index + 1);
    };
    attempt(
      () => step(subject, next),
      (error) => {
        report(error);
        next(refusal(error));
      },
    );
  };
  run(0);
}
