/**
 * `strapi.destroy()` removes every listener of the process, the test runner's own included: without
 * them a failed test would not fail the run. Returns a function that puts them back.
 */
export function keepProcessListeners() {
  const kept = process
    .eventNames()
    .flatMap((name) => process.rawListeners(name).map((listener) => [name, listener]));
  return () => {
    for (const [name, listener] of kept) {
      if (!process.rawListeners(name).includes(listener)) process.on(name, listener);
    }
  };
}
