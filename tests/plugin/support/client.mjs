// Socket.IO clients that remember everything they receive.
import { io } from 'socket.io-client';

const LIMIT = 15_000;

function bounded(what, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`timed out: ${what}`)), LIMIT);
    start(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function open(url, options) {
  return io(url, { forceNew: true, reconnection: false, ...options });
}

/** Connects; `received` holds `{ event, data }` of all events but the sentinels, in order. */
export async function connect(url, options = {}) {
  const socket = open(url, options);
  const received = [];
  socket.onAny((event, ...args) => {
    if (!event.startsWith('sentinel:')) received.push({ event, data: args[0] });
  });
  await bounded('connect', (resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  // Asked for before anything can happen: the reason of the end is told once.
  const disconnected = new Promise((resolve) => socket.once('disconnect', resolve));
  return {
    socket,
    /** Resolves with the reason when the connection has ended. */
    disconnected: () => bounded('disconnect', (resolve) => disconnected.then(resolve)),
    received,
    /** The names of the events received. */
    names: () => received.map(({ event }) => event),
    /** Forgets what was received so far, and returns it. */
    take: () => received.splice(0),
    next: (event) => bounded(event, (resolve) => socket.once(event, resolve)),
    ask: (event, ...args) =>
      bounded(event, (resolve) => socket.emit(event, ...args, (answer) => resolve(answer))),
    close: () => socket.disconnect(),
  };
}

/** Resolves with the error of a connection that is refused. */
export async function refused(url, options = {}) {
  const socket = open(url, options);
  try {
    return await bounded('connect_error', (resolve, reject) => {
      socket.once('connect_error', resolve);
      socket.once('connect', () => reject(new Error('was let in')));
    });
  } finally {
    socket.disconnect();
  }
}
