/** Rejects if `work` takes longer than `limit` milliseconds. */
export function withinTime<T>(work: Promise<T>, limit: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it did not answer within ${limit} ms`)),
      limit,
    );
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
