import { type Affected, mayMove } from '../access/affected';
import { fromRecord, type Identity, toRecord } from '../access/identity';
import type { Engine, HeldIdentity, IdentityRecord, TouchedSocket } from '../../socket-io/native';
import type { ServiceContext, SocketIOSocket } from '../types';
import { dismiss } from '../utils/dismiss';
import { DueChecks } from '../utils/due-checks';
import { getService } from '../utils/get-service';
import { inSlices } from '../utils/in-slices';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { withinTime } from '../utils/within-time';

/** Identities that are looked up in the database together. */
const BATCH = 500;

/** Rounds in which all identities are checked once within `security.accessCheckInterval`. */
const ROUNDS = 20;
/** The age at which an identity is checked again, as a fraction of the interval, and the one by which it has been. */
const EARLIEST = 0.5;
const LATEST = 0.8;

/** How long the database may take for one batch, in milliseconds: one that hangs counts as one that is away. */
const ANSWER_LIMIT = 10_000;
/** In a round, of which there may be one each 50 milliseconds. */
const MIN_ROUND_LIMIT = 1_000;

/** What a check found: who the sockets of an identity are now, null if they may not stay. */
type Found = Map<HeldIdentity, Identity | null>;

/**
 * Keeps what connected sockets may do in step with the database. The engine says which identities a change concerns;
 * they are read from the database, and the engine moves sockets to another role, or disconnects those that would not be
 * let in any more. Identities are checked when a change is noticed, and once within `security.accessCheckInterval` for
 * the changes that nobody notices.
 */
export function createLiveAccessService({ strapi }: ServiceContext) {
  const identities = getService(strapi, 'identities');
  const { accessCheckInterval } = getService(strapi, 'options').config.security;
  const checks = new DueChecks<string>();
  /** The identities that are due or being checked, by key. */
  const due = new Map<string, HeldIdentity>();
  /** Changes for which it has not been found out yet which identities they concern. */
  const pending = new Set<Affected>();
  /** Those of clients that connected while something changed. */
  const late = new Map<string, IdentityRecord>();
  const begun = new WeakMap<object, number>();
  let changes = 0;
  let isQueued = false;
  let isRoundQueued = false;
  const roundLimit = Math.min(
    Math.max(accessCheckInterval / ROUNDS, MIN_ROUND_LIMIT),
    ANSWER_LIMIT,
  );
  let timer: NodeJS.Timeout | undefined;

  const engine = (): Engine | undefined => getService(strapi, 'server').engine();

  const queue = new SerialQueue((error) => {
    strapi.log.error(`plugin io: access was not checked again: ${describeError(error)}`);
  });

  const socketOf = ({ nsp, sid }: TouchedSocket): SocketIOSocket | undefined =>
    getService(strapi, 'server').io()._nsps.get(nsp)?.sockets.get(sid) as
      SocketIOSocket | undefined;

  /** The engine has moved a socket that has an object. */
  const moved = async (socket: SocketIOSocket): Promise<void> => {
    const { name } = socket.nsp;
    const record = engine()?.socketIdentity(name, socket.id);
    if (record == null) return;
    identities.set(socket, record);
    getService(strapi, 'server').io().followRooms(name, socket.id);
    await getService(strapi, 'event-rules').apply(socket);
  };

  const follow = async (touched: TouchedSocket): Promise<void> => {
    const socket = socketOf(touched);
    if (socket === undefined) return;
    if (touched.end !== null) return dismiss(strapi, socket, touched.end);
    try {
      await withinTime(moved(socket), ANSWER_LIMIT);
    } catch (error) {
      // Half moved, it must not stay; and those after it are still to be looked at.
      strapi.log.error(
        `plugin io: socket ${socket.id} is disconnected, as its access cannot be changed: ${describeError(error)}`,
      );
      dismiss(strapi, socket, 'Access cannot be checked');
    }
  };

  /** What is asked of a client that says who it is, it can do something about. */
  const reasonFor = ({ strategy }: IdentityRecord): string => {
    const { requireAuthentication } = getService(strapi, 'settings').current().security;
    const mustTell = strategy === 'public' && requireAuthentication;
    return mustTell ? 'Authentication required' : 'Access revoked';
  };

  const apply = async (found: Found, reason?: string): Promise<void> => {
    const verdicts = [...found].map(([{ identity }, now]) => ({
      key: identity.key,
      identity: now === null ? null : toRecord(now),
      reason: reason ?? reasonFor(identity),
    }));
    await inSlices(engine()?.applyAccess(verdicts) ?? [], follow);
  };

  /** Clients come back by themselves; who may no longer read must not go on reading. */
  const endUnchecked = (held: readonly HeldIdentity[]): Promise<void> =>
    apply(new Map(held.map((one) => [one, null])), 'Access cannot be checked');

  const look = async (held: readonly HeldIdentity[]): Promise<Found> => {
    const now = await getService(strapi, 'strategy').review(
      held.map(({ identity }) => fromRecord(identity)),
    );
    // What sockets get is in the table.
    await getService(strapi, 'access').refresh();
    return new Map(held.map((one, index) => [one, now[index]]));
  };

  /**
   * `onFailure` tells which of the identities end if the database cannot be asked, or has not answered after `limit`
   * milliseconds. Resolves with whether it has answered.
   */
  const check = async (
    held: readonly HeldIdentity[],
    limit: number,
    onFailure: (held: HeldIdentity) => boolean,
  ): Promise<boolean> => {
    let found: Found;
    try {
      found = await withinTime(look(held), limit);
    } catch (error) {
      const ended = held.filter(onFailure);
      strapi.log.error(
        `plugin io: access of ${held.length} identities cannot be checked, the sockets of ${ended.length} are disconnected: ${describeError(error)}`,
      );
      await endUnchecked(ended);
      return false;
    }
    await apply(found);
    return true;
  };

  /** Finds the identities that the changes so far concern. */
  const collect = (): void => {
    if (pending.size === 0 && late.size === 0) return;
    const moving = [...pending].filter(mayMove);
    const concerned = engine()?.concernedIdentities([...pending]) ?? [];
    const mayBeMoved = new Set(
      (moving.length === 0 ? [] : (engine()?.concernedIdentities(moving) ?? [])).map(
        ({ identity }) => identity.key,
      ),
    );
    for (const identity of late.values()) {
      concerned.push({ identity, hasContent: true, age: 0 });
      mayBeMoved.add(identity.key);
    }
    pending.clear();
    late.clear();
    for (const one of concerned) due.set(one.identity.key, one);
    checks.add(concerned.map(({ identity: { key } }) => [key, mayBeMoved.has(key)]));
  };

  const review = async (): Promise<void> => {
    isQueued = false;
    for (;;) {
      collect();
      let count = 0;
      const batch = checks.take(() => (count += 1) >= BATCH);
      if (batch.length === 0) return;
      try {
        await check(
          batch.flatMap((key) => due.get(key) ?? []),
          ANSWER_LIMIT,
          () => true,
        );
      } finally {
        checks.done(batch);
        for (const key of batch) if (!checks.has(key)) due.delete(key);
      }
    }
  };

  const request = (): void => {
    if (isQueued) return;
    isQueued = true;
    queue.add(review);
  };

  /** Checks the identities that were not checked for the longest time. */
  const round = async (): Promise<void> => {
    const old =
      engine()?.dueIdentities(
        1 / (ROUNDS * LATEST),
        accessCheckInterval * EARLIEST,
        accessCheckInterval * (LATEST - 1 / ROUNDS),
      ) ?? [];
    const isOver = ({ age }: HeldIdentity): boolean => age >= accessCheckInterval;
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

  const addLate = (records: readonly IdentityRecord[]): void => {
    for (const record of records) late.set(record.key, record);
    request();
  };

  return {
    start(): void {
      timer = setInterval(requestRound, accessCheckInterval / ROUNDS);
      timer.unref();
    },

    /** How many changes there have been: what changes after this is not in an answer that is looked up now. */
    changes: (): number => changes,

    /** To be called with the identities of clients that may have been looked up before a change. */
    late: addLate,

    /** Before a socket with an object is judged. */
    begin(socket: SocketIOSocket): void {
      begun.set(socket, changes);
    },

    /** Once such a socket is connected. Those that were connected without an object have been checked all along. */
    watch(socket: SocketIOSocket, isNew: boolean): void {
      if (!isNew || begun.get(socket) === changes) return;
      const record = engine()?.socketIdentity(socket.nsp.name, socket.id);
      if (record != null) addLate([record]);
    },

    /** What roles have has changed, though nobody is another one: those who are being let in are looked at again. */
    note(): void {
      changes += 1;
    },

    /** To be called when the change is committed. */
    recheck(affected: Affected): void {
      changes += 1;
      getService(strapi, 'strategy').forget();
      pending.add(affected);
      request();
    },

    /**
     * Resolves when all changes so far have taken effect on the sockets that an event for these principals reaches; on
     * all sockets if none are given. Not to be awaited inside a transaction.
     */
    async settled(principals?: readonly string[]): Promise<void> {
      collect();
      if (principals === undefined) {
        await Promise.all([checks.wait(() => true), getService(strapi, 'access').reviewed()]);
        return;
      }
      const reached = new Set<string | null | undefined>(principals);
      await checks.wait((key) => {
        const held = due.get(key);
        return held?.hasContent === true && reached.has(held.identity.principal);
      });
    },

    async stop(): Promise<void> {
      clearInterval(timer);
      await queue.close();
      checks.clear();
      due.clear();
    },
  };
}

export type LiveAccessService = ReturnType<typeof createLiveAccessService>;
