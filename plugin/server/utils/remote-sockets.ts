import type { SocketIOSocket } from '../types';
import { Allowance } from './allowance';
import { Refusal } from './refusal';

/** What the ids of Socket.IO's sockets look like. */
const SOCKET_ID = /^[\w-]{20}$/;

/** Look-ups that one client can cause: each is a message to all nodes and an answer from every one. */
const PER_CLIENT = { burst: 10, perSecond: 5 };
/** Look-ups that all clients of this node can cause together. */
const PER_NODE = { burst: 200, perSecond: 100 };

/** How long a socket that was found counts as connected (milliseconds), and how many are remembered. */
const FOUND_TTL = 10_000;
const MAX_FOUND = 10_000;

/**
 * Tells whether a client names a socket of another node. Only text that looks like a socket id is looked up, and
 * look-ups are limited, as they cost every node.
 */
export function createRemoteSockets(isClustered: () => boolean) {
  const perNode = new Allowance(PER_NODE);
  const perClient = new WeakMap<SocketIOSocket, Allowance>();
  /** Until when each socket counts as connected. */
  const found = new Map<string, number>();

  const mayAsk = (client: SocketIOSocket): boolean => {
    let own = perClient.get(client);
    if (own === undefined) {
      own = new Allowance(PER_CLIENT);
      perClient.set(client, own);
    }
    return own.take() && perNode.take();
  };

  return {
    /** Throws a `Refusal` over the limits. */
    async has(client: SocketIOSocket, id: string): Promise<boolean> {
      if (!SOCKET_ID.test(id) || !isClustered()) return false;
      const key = `${client.nsp.name} ${id}`;
      if ((found.get(key) ?? 0) > performance.now()) return true;
      if (!mayAsk(client)) throw new Refusal('Too many requests: try again later');
      const sockets = await client.nsp.in(id).fetchSockets();
      if (!sockets.some((other) => other.id === id)) return false;
      if (found.size >= MAX_FOUND) found.clear();
      found.set(key, performance.now() + FOUND_TTL);
      return true;
    },
  };
}
