/** What was thrown, as an Error: user code may throw anything. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The error for the log: with its stack, and its causes. */
export function describeError(thrown: unknown): string {
  const error = toError(thrown);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
