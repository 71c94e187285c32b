import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import {
  INTERVAL,
  MAX_BATCH,
  MAX_BATCH_BYTES,
  MAX_LISTED,
  MAX_LOG_BYTES,
  NAMED_ROOMS,
  PATIENCE,
} from '../monitoring/limits';
import { createLogFeed, type LogHistory } from '../monitoring/log-feed';
import { createLogFollower } from '../monitoring/log-follower';
import { createNodes } from '../monitoring/nodes';
import type { LogBatch } from '../monitoring/recorder';
import type { Summary } from '../monitoring/summary';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { describeError } from '../utils/to-error';

/** How a node is, and what it has logged if somebody watches elsewhere. */
const SUMMARY = 'monitoring:summary';
/** A node that stops says so. */
const LEFT = 'monitoring:left';
const RESET = 'monitoring:reset';
const HISTORY = 'monitoring:history';

/** What a node may answer of its log: as much as it is asked for, within bounds (bytes). */
const shareOf = (asked: unknown): number =>
  typeof asked === 'number' && asked >= 0 && asked < MAX_LOG_BYTES
    ? Math.trunc(asked)
    : MAX_BATCH_BYTES;

/** A node that knows of no other tells how it is once in so many intervals. */
const ALONE = 4;

interface Message {
  node: string;
  /** Milliseconds since the epoch, by the clock of that node. */
  sentAt: number;
  summary: Summary;
  isWatching: boolean;
  log: LogBatch | null;
}

/**
 * Lets every node know the numbers of all: each tells the others every second how it is, if an adapter
 * connects them. One that dies is left out after four seconds, one that stops at once.
 */
export function createMonitoringNodesService({ strapi }: ServiceContext) {
  const cluster = getService(strapi, 'cluster');
  const name = `${hostname()}-${randomBytes(3).toString('hex')}`;
  const nodes = createNodes();
  const monitoring = () => getService(strapi, 'monitoring');
  const feed = createLogFeed(() => monitoring().recorder);
  let timer: NodeJS.Timeout | undefined;
  let ticks = 0;

  /** What the other nodes answer, of those that do in time. */
  const ask = async <T>(what: string, args: unknown[]): Promise<T[]> => {
    let timeout: NodeJS.Timeout | undefined;
    const enough = new Promise<T[]>((resolve) => {
      timeout = setTimeout(() => resolve([]), PATIENCE);
    });
    try {
      return await Promise.race([cluster.askAll(what, args) as Promise<T[]>, enough]);
    } finally {
      clearTimeout(timeout);
    }
  };

  const follower = createLogFollower(() => ask<LogHistory>(HISTORY, [MAX_BATCH, true]));

  const publish = (): void => {
    if (timer === undefined || !cluster.isClustered()) return;
    try {
      const isWatched = nodes.isWatched();
      const message: Message = {
        node: name,
        sentAt: Date.now(),
        summary: monitoring().here.summary(isWatched ? MAX_LISTED : NAMED_ROOMS),
        isWatching: follower.isFollowing(),
        log: feed.batch(isWatched),
      };
      cluster.tell(SUMMARY, [message]);
    } catch (error) {
      strapi.log.error(
        `plugin io: other nodes were not told how this one is: ${describeError(error)}`,
      );
    }
  };

  const tick = (): void => {
    ticks += 1;
    if (!nodes.isAlone() || ticks % ALONE === 0) publish();
  };

  const heard = ({ node, sentAt, summary, isWatching, log }: Message): void => {
    // Histories are added up by the second: of this clock, should that one be wrong.
    summary.events.second += Math.round((Date.now() - sentAt) / 1000);
    const isNew = nodes.heard(node, summary, isWatching);
    if (log !== null) follower.heard(node, log);
    if (isNew) publish();
  };

  const resetHere = (): void => {
    nodes.forgetEvents();
    publish();
  };

  return {
    ask,

    /** What this node is called among others; null if there are none. */
    name: (): string | null => (cluster.isClustered() ? name : null),

    /** How the other nodes are. */
    others: (): Summary[] => nodes.summaries(),

    start(): void {
      cluster.handle(SUMMARY, ([message]) => heard(message as Message));
      cluster.handle(LEFT, ([node]) => nodes.left(node as string));
      cluster.handle(HISTORY, ([limit, isFollowing, maxBytes]) =>
        feed.history(name, limit as number, isFollowing === true, shareOf(maxBytes)),
      );
      cluster.handle(RESET, () => {
        getService(strapi, 'server').requireEngine().resetEvents();
        resetHere();
      });
      cluster.onReached(publish);
      timer = setInterval(tick, INTERVAL);
      timer.unref();
      publish();
    },

    stop(): void {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      nodes.clear();
      cluster.tell(LEFT, [name]);
    },

    /** The events of this node are forgotten: so shall be those of the others. */
    reset(): void {
      cluster.tell(RESET, []);
      resetHere();
    },

    /** The logs of the other nodes. */
    follower,
  };
}

export type MonitoringNodesService = ReturnType<typeof createMonitoringNodesService>;
