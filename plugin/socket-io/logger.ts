/** Where a server writes what its owner should know. */
export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/* eslint-disable no-console -- the default of a server which runs without an owner that brings a logger */
const fallback: Logger = {
  error: (message) => console.error(message),
  warn: (message) => console.warn(message),
  info: () => undefined,
  debug: () => undefined,
};
/* eslint-enable no-console */

export function logOf(logger: Logger | undefined): Logger {
  return logger ?? fallback;
}
