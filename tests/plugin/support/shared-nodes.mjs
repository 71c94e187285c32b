// Starts nodes that share a database, each in a process of its own.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { adminActions } from './admins.mjs';
import { freePort, startRedis } from './redis-server.mjs';

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
  /** Calls `strapi.$io` or a service there. */
  const call = async (target, method, ...args) => {
    const id = randomUUID();
    const answer = said(id);
    child.send({ id, target, method, args });
    const { result, error } = await answer;
    assert.equal(error, undefined);
    return result;
  };
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  try {
    const { url, jwts } = await said('url');
    return {
      url,
      jwts,
      said,
      close,
      kill,
      call,
      send: (message) => child.send(message),
      ...adminActions({ url }),
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/**
 * Two nodes on `database` and a Redis of their own, which `stopRedis` and `startRedis` take away and bring back.
 * `close` ends them all, whichever still run.
 */
export async function startTwoNodes(database) {
  const port = await freePort();
  const redisUrl = `redis://:hush@127.0.0.1:${port}`;
  const nodes = [];
  let redis = await startRedis(port);
  const stopRedis = () => redis.kill();
  const close = async () => {
    for (const node of nodes) await node.close();
    await stopRedis();
  };
  try {
    // One after the other: the first one makes the tables.
    for (const first of [true, false]) {
      nodes.push(await startNode({ database: database.config, redis: redisUrl, first }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    near: nodes[0],
    far: nodes[1],
    redisUrl,
    stopRedis,
    startRedis: async () => {
      redis = await startRedis(port);
    },
    close,
  };
}
