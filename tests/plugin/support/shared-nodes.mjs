// Starts nodes that share a database, each in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { adminActions } from './admins.mjs';

const LIMIT = 30_000;

/** Boots a node; `said(key)` resolves with the next message of it that has this key. */
export async function startNode(options) {
  const file = new URL('shared-node.mjs', import.meta.url);
  const child = fork(file, [JSON.stringify(options)]);
  const exited = once(child, 'exit');
  const died = exited.then(([code]) => Promise.reject(new Error(`a node exited with ${code}`)));
  died.catch(() => {});
  const heard = (key) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`timed out: ${key} of a node`)), LIMIT);
      const look = (message) => {
        if (!(key in message)) return;
        clearTimeout(timer);
        child.off('message', look);
        resolve(message);
      };
      child.on('message', look);
    });
  const said = (key) => Promise.race([heard(key), died]);
  const close = async () => {
    if (child.connected) child.send('close');
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    await exited;
    clearTimeout(timer);
  };
  try {
    const { url, jwts } = await said('url');
    return {
      url,
      jwts,
      said,
      close,
      send: (message) => child.send(message),
      ...adminActions({ url }),
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
