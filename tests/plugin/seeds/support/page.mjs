// Runs the client examples of the documentation as they are written there, for an application that
// is not at http://localhost:1337.
import { io as connect } from 'socket.io-client';

const AsyncFunction = (async () => {}).constructor;
const DOCUMENTED = 'http://localhost:1337';
const LIMIT = 15_000;

/**
 * `run(text, names)` runs an example and resolves with its variables of these names; `globals` are
 * what else it may use. What it writes to its console is in `lines`.
 */
export function openPage(url) {
  const sockets = [];
  const lines = [];
  let watching = () => {};

  const io = (address, options) => {
    const socket = connect(address.replace(DOCUMENTED, url), {
      forceNew: true,
      reconnection: false,
      ...options,
    });
    sockets.push(socket);
    return socket;
  };

  const console = {
    log(...args) {
      lines.push(args);
      watching();
    },
  };

  const run = async (text, names = [], globals = {}) => {
    const body = text
      .replace(/^import .* from '.*';$/gm, '')
      .replaceAll(DOCUMENTED, url)
      .concat(`\nreturn { ${names.join(', ')} };`);
    const given = { io, console, ...globals };
    return new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
  };

  return {
    run,
    sockets,
    lines,

    /** Resolves when the example has written what begins so. */
    said: (start) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`timed out: ${start}; it said ${JSON.stringify(lines)}`));
        }, LIMIT);
        watching = () => {
          const line = lines.find(([first]) => first.startsWith(start));
          if (line === undefined) return;
          clearTimeout(timer);
          resolve(line);
        };
        watching();
      }),

    /** Resolves when the example's socket is connected. */
    connected: (socket) =>
      new Promise((resolve, reject) => {
        if (socket.connected) return resolve();
        socket.once('connect', resolve).once('connect_error', reject);
      }),

    close: () => sockets.forEach((socket) => socket.disconnect()),
  };
}
