import type { Identity } from '../auth/identity';
import type { ServiceContext, SocketIOSocket } from '../types';
import { Deadlines } from '../utils/deadlines';
import { dismiss } from '../utils/dismiss';
import { getService } from '../utils/get-service';
import { inSlices } from '../utils/in-slices';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';

/** Whose access may have changed. */
export type Affected = 'everybody' | 'users' | 'sessions' | 'tokens' | `user:${string}`;

interface Known {
  socket: SocketIOSocket;
  identity: Identity;
}

/** Sockets that are looked up in the database together. */
const BATCH = 500;

/**
 * Keeps what connected sockets may do in step with the database: a user who gets another role
 * moves to its room; whoever would not be let in any more, and whose token has expired, is
 * disconnected.
 */
export function createLiveAccessService({ strapi }: ServiceContext) {
  const identities = getService(strapi, 'identities');
  const pending = new Set<Affected>();
  const late = new Set<SocketIOSocket>();
  const begun = new WeakMap<object, number>();
  let changes = 0;
  let isQueued = false;

  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: access was not checked again: ${describeError(error)}`);
  });

  const deadlines = new Deadlines<SocketIOSocket>((socket) => {
    socket.emit('auth:expired');
    socket.disconnect(true);
  });

  const roomsOf = ({ room, alias }: Identity): string[] =>
    [room, alias].filter((name) => name !== null);

  /** Through the adapter: joining these rooms by name is what a socket's own `join` refuses. */
  const move = async (socket: SocketIOSocket, from: Identity, to: Identity): Promise<void> => {
    identities.set(socket, to);
    deadlines.set(socket, to.expiresAt);
    await getService(strapi, 'event-rules').apply(socket);
    if (socket.nsp.name !== '/') return;
    const { adapter } = socket.nsp;
    const kept = new Set(roomsOf(to));
    for (const room of roomsOf(from)) if (!kept.has(room)) void adapter.del(socket.id, room);
    void adapter.addAll(socket.id, kept);
    await getService(strapi, 'rooms').joinByRole(socket);
    await getService(strapi, 'subscriptions').moved(socket);
  };

  const isAffected = ({ strategy, user, sessionId }: Identity, by: Set<Affected>): boolean => {
    if (by.has('everybody')) return true;
    if (strategy === 'api-token') return by.has('tokens');
    if (strategy !== 'jwt') return false;
    return (
      by.has('users') || by.has(`user:${user?.id}`) || (sessionId !== null && by.has('sessions'))
    );
  };

  const reviewed = async (sockets: Known[]): Promise<Array<Identity | null>> => {
    try {
      return await getService(strapi, 'strategy').review(sockets.map(({ identity }) => identity));
    } catch (error) {
      // Clients come back by themselves; who may no longer read must not go on reading.
      strapi.log.error(
        `plugin io: ${sockets.length} sockets are disconnected, as their access cannot be checked: ${describeError(error)}`,
      );
      return sockets.map(() => null);
    }
  };

  /** What is asked of a client that says who it is, it can do something about. */
  const reasonFor = ({ strategy }: Identity): string => {
    const { requireAuthentication } = getService(strapi, 'settings').current().security;
    const mustTell = strategy === 'public' && requireAuthentication;
    return mustTell ? 'Authentication required' : 'Access revoked';
  };

  const apply = async ({ socket, identity }: Known, now: Identity | null): Promise<void> => {
    if (!socket.connected) return;
    if (now === null) return dismiss(strapi, socket, reasonFor(identity));
    try {
      await move(socket, identity, now);
    } catch (error) {
      // Half moved, it must not stay; and those after it are still to be looked at.
      strapi.log.error(
        `plugin io: socket ${socket.id} is disconnected, as its access cannot be changed: ${describeError(error)}`,
      );
      dismiss(strapi, socket, 'Access cannot be checked');
    }
  };

  const review = async (): Promise<void> => {
    isQueued = false;
    const by = new Set(pending);
    pending.clear();
    const extra = new Set(late);
    late.clear();
    const sockets = identities.sockets().flatMap((socket): Known[] => {
      const identity = identities.of(socket);
      if (identity === undefined) return [];
      return extra.has(socket) || isAffected(identity, by) ? [{ socket, identity }] : [];
    });
    for (let start = 0; start < sockets.length; start += BATCH) {
      const batch = sockets.slice(start, start + BATCH);
      const current = await reviewed(batch);
      await inSlices(batch.entries(), ([index, known]) => apply(known, current[index]));
    }
  };

  const request = (): void => {
    if (isQueued) return;
    isQueued = true;
    queue.add(review);
  };

  return {
    /** Before a socket authenticates: what changes from now on is not in the answer it gets. */
    begin(socket: SocketIOSocket): void {
      begun.set(socket, changes);
    },

    /** Once a socket is connected. */
    watch(socket: SocketIOSocket): void {
      identities.track(socket);
      socket.once('disconnect', () => deadlines.delete(socket));
      deadlines.set(socket, identities.of(socket)?.expiresAt ?? null);
      if (begun.get(socket) === changes) return;
      late.add(socket);
      request();
    },

    /** To be called when the change is committed. */
    recheck(affected: Affected): void {
      changes += 1;
      pending.add(affected);
      request();
    },

    /** Resolves when all changes so far have taken effect. Not to be awaited inside a transaction. */
    settled: (): Promise<void> => queue.idle(),

    async stop(): Promise<void> {
      deadlines.clear();
      await queue.close();
    },
  };
}

export type LiveAccessService = ReturnType<typeof createLiveAccessService>;
