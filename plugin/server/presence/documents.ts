import { randomUUID } from 'node:crypto';

import type {
  PresenceDocument,
  PresenceTyping,
  PresenceUpdate,
  PresenceUser,
} from '../../shared/contracts/presence';
import type { Server } from '../../socket-io';
import {
  NativePresence,
  type PresenceAnswer,
  type PresenceOptions,
  type PresenceTab,
} from '../../socket-io/native';
import type { ClusterService } from '../services/cluster';
import type { SocketIOSocket, Strapi } from '../types';
import { Refusal } from '../utils/refusal';
import { createReservedName } from '../utils/reserved-rooms';
import { SYNC_INTERVAL } from './limits';

/** What a node says about its tabs of one document, or of all (`null`). */
const TABS = 'presence:tabs';
/** A node that has started asks for the tabs of the others. */
const HELLO = 'presence:hello';

const accept = ({ changed, error }: PresenceAnswer): boolean => {
  if (error !== null) throw new Refusal(error);
  return changed;
};

/**
 * The documents that admins have open. Every node knows all editors and tells its own clients when
 * they change; nodes tell each other about their tabs, again and again, so that a lost message
 * heals.
 */
export function createDocuments(
  strapi: Strapi,
  { io, cluster, limits }: { io: () => Server; cluster: ClusterService; limits: PresenceOptions },
) {
  const registry = new NativePresence(limits);
  const reserved = createReservedName(strapi);
  const node = randomUUID();
  let syncTimer: NodeJS.Timeout | undefined;
  let sweepTimer: NodeJS.Timeout | undefined;
  let sweepsAt = Infinity;

  const roomOf = ({ uid, documentId }: PresenceDocument): string =>
    reserved(`presence:${uid}:${documentId ?? ''}`);

  const adminRoom = ({ id }: PresenceUser): string => reserved(`admin:${id}`);

  const state = (document: PresenceDocument): PresenceUpdate => {
    const editors = registry.editors(document);
    return { ...document, editors, count: editors.length, timestamp: Date.now() };
  };

  /** To the clients of this node: the others come to know of the change and tell theirs. */
  const announce = (document: PresenceDocument): void => {
    io().local.to(roomOf(document)).emit('presence:update', state(document));
  };

  const tellTabs = (document: PresenceDocument | null, tabs = registry.local(document)): void => {
    cluster.tell(TABS, [node, document, tabs]);
  };

  const moved = (document: PresenceDocument, changed: boolean): void => {
    if (changed) announce(document);
    tellTabs(document);
  };

  const tellTyping = (
    document: PresenceDocument,
    user: PresenceUser,
    fieldName: string | null,
  ): void => {
    const typing: PresenceTyping = { ...document, user, fieldName, timestamp: Date.now() };
    // Not to the other tabs of the same admin.
    io().to(roomOf(document)).except(adminRoom(user)).emit('presence:typing', typing);
  };

  const sweep = (): void => {
    sweepsAt = Infinity;
    const { left, changed, paused, nextIn } = registry.sweep();
    const { adapter } = io().of('/');
    for (const { document, user } of paused) tellTyping(document, user, null);
    for (const { document, socketId } of left) {
      void adapter.del(socketId, roomOf(document));
      tellTabs(document);
    }
    changed.forEach(announce);
    if (nextIn !== null) sweepIn(nextIn);
  };

  /** Looks again in so many milliseconds, or earlier. */
  const sweepIn = (ms: number): void => {
    const at = performance.now() + ms;
    if (at >= sweepsAt) return;
    sweepsAt = at;
    clearTimeout(sweepTimer);
    // A timer may be early by a fraction, and would find nothing to do.
    sweepTimer = setTimeout(sweep, Math.ceil(ms) + 1);
    sweepTimer.unref();
  };

  return {
    state,

    of: (socket: SocketIOSocket): PresenceDocument[] => registry.documents(socket.id),

    /** Makes a socket reachable as one of its admin. */
    enter(socket: SocketIOSocket, user: PresenceUser): void {
      void socket.nsp.adapter.addAll(socket.id, new Set([adminRoom(user)]));
    },

    /** Throws a `Refusal` over a limit. */
    async join(
      socket: SocketIOSocket,
      document: PresenceDocument,
      user: PresenceUser,
    ): Promise<void> {
      const changed = accept(registry.join(document, socket.id, user));
      sweepIn(limits.heartbeatTimeout);
      // Through the adapter: a socket of user code cannot come in by name.
      await socket.nsp.adapter.addAll(socket.id, new Set([roomOf(document)]));
      moved(document, changed);
    },

    leave(socket: SocketIOSocket, document: PresenceDocument): void {
      const changed = registry.leave(document, socket.id);
      void socket.nsp.adapter.del(socket.id, roomOf(document));
      moved(document, changed);
    },

    /** The socket is gone, and with it its rooms. */
    leaveAll(socket: SocketIOSocket): void {
      for (const { document, changed } of registry.leaveAll(socket.id)) moved(document, changed);
    },

    heartbeat: (socket: SocketIOSocket): number => registry.heartbeat(socket.id),

    /** Throws a `Refusal` if the document is not joined. */
    typing(
      socket: SocketIOSocket,
      document: PresenceDocument,
      user: PresenceUser,
      fieldName: string | null,
    ): void {
      const changed = accept(registry.typing(document, socket.id, fieldName));
      sweepIn(limits.typingTimeout);
      if (changed) tellTyping(document, user, fieldName);
    },

    start(): void {
      cluster.handle(HELLO, () => tellTabs(null));
      cluster.handle(TABS, ([from, document, tabs]) => {
        const changed = registry.replace(
          from as string,
          document as PresenceDocument | null,
          tabs as PresenceTab[],
        );
        sweepIn(limits.nodeTimeout);
        changed.forEach(announce);
      });
      cluster.tell(HELLO, []);
      syncTimer = setInterval(() => {
        const tabs = cluster.isClustered() ? registry.local(null) : [];
        if (tabs.length > 0) tellTabs(null, tabs);
      }, SYNC_INTERVAL);
      syncTimer.unref();
    },

    stop(): void {
      if (syncTimer === undefined) return;
      clearInterval(syncTimer);
      syncTimer = undefined;
      clearTimeout(sweepTimer);
      // So that nobody waits for a node that is gone.
      tellTabs(null, []);
    },
  };
}
