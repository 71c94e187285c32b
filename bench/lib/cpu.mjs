/**
 * Collects garbage for the memory reading that follows. The CPU time until then and after it are told apart, so that
 * the collection counts in no measurement: a measurement runs from `cpuAfter` to the next `cpuBefore` (microseconds).
 */
export function readCpu() {
  const micros = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  const cpuBefore = micros();
  globalThis.gc();
  return { cpuBefore, cpuAfter: micros() };
}
