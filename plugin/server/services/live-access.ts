import { type Affected, isAffected, mayMove } from '../auth/affected';
import { type Identity, markOf } from '../auth/identity';
import type { ServiceContext, SocketIOSocket } from '../types';
import { Deadlines } from '../utils/deadlines';
import { dismiss } from '../utils/dismiss';
import { DueChecks } from '../utils/due-checks';
import { getService } from '../utils/get-service';
import { inSlices } from '../utils/in-slices';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { withinTime } from '../utils/within-time';

/** Identities that are looked up in the database together. */
const BATCH = 500;

/** Rounds in which all sockets are checked once within `security.accessCheckInterval`. */
const ROUNDS = 20;
/** The age at which a socket is checked again, as a fraction of the interval, and the one by which it has been. */
const EARLIEST = 0.5;
const LATEST = 0.8;

/** How long the database may take for one batch, in milliseconds: one that hangs counts as one that is away. */
const ANSWER_LIMIT = 10_000;
/** In a round, of which there may be one each 50 milliseconds. */
const MIN_ROUND_LIMIT = 1_000;

/**
 * Keeps what connected sockets may do in step with the database: a user who gets another role moves to its rooms;
 * sockets that would not be let in any more, and those whose token has expired, are disconnected. Sockets are checked
 * when a change is noticed, and once within `security.accessCheckInterval` for the changes that nobody notices.
 */
export function createLiveAccessService({ strapi }: ServiceContext) {
  const identities = getService(strapi, 'identities');
  const { accessCheckInterval } = getService(strapi, 'options').config.security;
  const checks = new DueChecks<SocketIOSocket>();
  /** Changes for which it has not been found out yet which sockets they concern. */
  const pending = new Set<Affected>();
  /** Sockets that connected while something changed. */
  const late = new Set<SocketIOSocket>();
  const begun = new WeakMap<object, number>();
  let changes = 0;
  let isQueued = false;
  let isRoundQueued = false;
  const roundLimit = Math.min(
    Math.max(accessCheckInterval / ROUNDS, MIN_ROUND_LIMIT),
    ANSWER_LIMIT,
  );
  let timer: NodeJS.Timeout | undefined;

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
  const changeRooms = (socket: SocketIOSocket, from: Identity, to: Identity): void => {
    if (from.room === to.room && from.alias === to.alias) return;
    const { adapter } = socket.nsp;
    const kept = new Set(roomsOf(to));
    for (const room of roomsOf(from)) if (!kept.has(room)) void adapter.del(socket.id, room);
    void adapter.addAll(socket.id, kept);
  };

  const move = async (socket: SocketIOSocket, from: Identity, to: Identity): Promise<void> => {
    identities.set(socket, to);
    deadlines.set(socket, to.expiresAt);
    const isMain = socket.nsp.name === '/';
    if (isMain) changeRooms(socket, from, to);
    await getService(strapi, 'event-rules').apply(socket);
    if (!isMain) return;
    await getService(strapi, 'rooms').joinByRole(socket);
    await getService(strapi, 'subscriptions').moved(socket);
  };

  /** What is asked of a client that says who it is, it can do something about. */
  const reasonFor = ({ strategy }: Identity): string => {
    const { requireAuthentication } = getService(strapi, 'settings').current().security;
    const mustTell = strategy === 'public' && requireAuthentication;
    return mustTell ? 'Authentication required' : 'Access revoked';
  };

  const apply = async (
    socket: SocketIOSocket,
    identity: Identity,
    now: Identity | null,
  ): Promise<void> => {
    if (!socket.connected) return;
    if (now === null) return dismiss(strapi, socket, reasonFor(identity));
    try {
      await withinTime(move(socket, identity, now), ANSWER_LIMIT);
    } catch (error) {
      // Half moved, it must not stay; and those after it are still to be looked at.
      strapi.log.error(
        `plugin io: socket ${socket.id} is disconnected, as its access cannot be changed: ${describeError(error)}`,
      );
      dismiss(strapi, socket, 'Access cannot be checked');
    }
  };

  /** Clients come back by themselves; who may no longer read must not go on reading. */
  const endUnchecked = (sockets: readonly SocketIOSocket[]): Promise<void> =>
    inSlices(sockets, (socket) => dismiss(strapi, socket, 'Access cannot be checked'));

  /**
   * `onFailure` tells which of the sockets are disconnected if the database cannot be asked, or has not answered after
   * `limit` milliseconds. Resolves with whether it has answered.
   */
  const check = async (
    sockets: readonly SocketIOSocket[],
    limit: number,
    onFailure: (socket: SocketIOSocket) => boolean,
  ): Promise<boolean> => {
    const known = sockets.flatMap((socket): Array<[SocketIOSocket, Identity]> => {
      const identity = socket.connected ? identities.of(socket) : undefined;
      return identity === undefined ? [] : [[socket, identity]];
    });
    let now: Array<Identity | null>;
    try {
      const asked = getService(strapi, 'strategy').review(known.map(([, identity]) => identity));
      now = await withinTime(asked, limit);
    } catch (error) {
      const ended = sockets.filter(onFailure);
      strapi.log.error(
        `plugin io: access of ${known.length} sockets cannot be checked, ${ended.length} of them are disconnected: ${describeError(error)}`,
      );
      await endUnchecked(ended);
      return false;
    }
    await inSlices(known.entries(), ([index, [socket, identity]]) => {
      identities.checked(socket);
      return apply(socket, identity, now[index]);
    });
    return true;
  };

  /** Finds the sockets that the changes so far concern. */
  const collect = (): void => {
    if (pending.size === 0 && late.size === 0) return;
    const by = new Set(pending);
    const moving = new Set([...by].filter(mayMove));
    const extra = new Set(late);
    pending.clear();
    late.clear();
    const concerned: Array<[SocketIOSocket, boolean]> = [];
    for (const socket of identities.sockets()) {
      const identity = identities.of(socket);
      if (identity === undefined) continue;
      const isLate = extra.has(socket);
      if (!isLate && !isAffected(identity, by)) continue;
      concerned.push([socket, isLate || (moving.size > 0 && isAffected(identity, moving))]);
    }
    checks.add(concerned);
  };

  /** Counts the identities that one batch has to look up. */
  const batchOf = (limit: number): ((socket: SocketIOSocket) => boolean) => {
    const marks = new Set<string>();
    return (socket) => {
      const identity = identities.of(socket);
      if (identity !== undefined) marks.add(`${markOf(identity)} ${identity.sessionId}`);
      return marks.size >= limit;
    };
  };

  const review = async (): Promise<void> => {
    isQueued = false;
    for (;;) {
      collect();
      const batch = checks.take(batchOf(BATCH));
      if (batch.length === 0) return;
      try {
        await check(batch, ANSWER_LIMIT, () => true);
      } finally {
        checks.done(batch);
      }
    }
  };

  const request = (): void => {
    if (isQueued) return;
    isQueued = true;
    queue.add(review);
  };

  /** Checks the sockets that were not checked for the longest time. */
  const round = async (): Promise<void> => {
    const age = (socket: SocketIOSocket): number =>
      performance.now() - identities.checkedAt(socket);
    const sockets = identities.sockets();
    const share = Math.ceil(sockets.length / (ROUNDS * LATEST));
    const isOld = (socket: SocketIOSocket, index: number): boolean =>
      age(socket) >= accessCheckInterval * (index < share ? EARLIEST : LATEST - 1 / ROUNDS);
    const isOver = (socket: SocketIOSocket): boolean => age(socket) >= accessCheckInterval;
    const old = sockets.filter(isOld);
    for (let start = 0; start < old.length; start += BATCH) {
      if (await check(old.slice(start, start + BATCH), roundLimit, isOver)) continue;
      // The others would only wait in turn for a database that does not answer.
      await endUnchecked(old.slice(start + BATCH).filter(isOver));
      return;
    }
  };

  const requestRound = (): void => {
    if (isRoundQueued) return;
    isRoundQueued = true;
    queue.add(() => {
      isRoundQueued = false;
      return round();
    });
  };

  return {
    start(): void {
      timer = setInterval(requestRound, accessCheckInterval / ROUNDS);
      timer.unref();
    },

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

    /**
     * Resolves when all changes so far have taken effect on the sockets that an event for the principals of these
     * rooms reaches; on all sockets if no rooms are given. Not to be awaited inside a transaction.
     */
    async settled(rooms?: readonly string[]): Promise<void> {
      collect();
      if (rooms === undefined) {
        await Promise.all([checks.wait(() => true), getService(strapi, 'subscriptions').settled()]);
        return;
      }
      const reached = new Set<string | null>(rooms);
      await checks.wait(
        // Content events are sent in the main namespace alone.
        (socket) => socket.nsp.name === '/' && reached.has(identities.of(socket)?.room ?? null),
      );
    },

    async stop(): Promise<void> {
      clearInterval(timer);
      deadlines.clear();
      await queue.close();
      checks.clear();
    },
  };
}

export type LiveAccessService = ReturnType<typeof createLiveAccessService>;
