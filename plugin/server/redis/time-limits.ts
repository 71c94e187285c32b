/** Waits that keep no process alive and all end at once. */
export function createPause() {
  const waiting = new Set<() => void>();
  let isEnded = false;

  return {
    /** Resolves after so many milliseconds, or when `end` is called. */
    for: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, isEnded ? 0 : ms);
        timer.unref();
        waiting.add(done);
      }),

    end(): void {
      isEnded = true;
      for (const done of [...waiting]) done();
    },
  };
}
