/**
 * `strapi.destroy()` removes every listener of the process, the test runner's own included: without
 * them a failed test would not fail the run. Returns a function that puts them back, except Node's own that turns the
 * exit code into 13 while a top-level await is pending: put back after that, it would stay.
 */
export function keepProcessListeners() {
  const kept = process
    .eventNames()
    .flatMap((name) => process.rawListeners(name).map((listener) => [name, listener]))
    .filter(([, { name }]) => name !== 'handleProcessExit');
  return () => {
    for (const [name, listener] of kept) {
      if (!process.rawListeners(name).includes(listener)) process.on(name, listener);
    }
  };
}
