const AsyncFunction = (async () => {}).constructor;

/** Runs an example for the server, as it is written, with these variables around it. */
export const runExample = (text, variables) =>
  new AsyncFunction(...Object.keys(variables), text)(...Object.values(variables));
