import { useEffect } from 'react';
import { useAuth } from '@strapi/strapi/admin';

import type {
  PresenceAcks,
  PresenceDocument,
  PresenceTyping,
  PresenceUpdate,
} from '../../shared/contracts/presence';
import { request, useAdminSocket } from '../socket';
import { leaveSoon, stay } from './leave';
import type { PresenceStore } from './store';

const HEARTBEAT = 30_000;

type Succeeded<Event extends keyof PresenceAcks> = Extract<PresenceAcks[Event], { success: true }>;

const isSame = (a: PresenceDocument, b: PresenceDocument): boolean =>
  a.uid === b.uid && a.documentId === b.documentId;

/**
 * Joins the document on the page, for as long as it is there, and keeps the store up to date. A
 * document has no id before it is saved, and nobody else can have it open.
 */
export function usePresence(
  uid: string,
  documentId: string | undefined,
  store: PresenceStore,
): void {
  const { socket, status } = useAdminSocket(documentId !== undefined);
  const ownId = useAuth('usePresence', ({ user }) => (user === undefined ? null : Number(user.id)));

  useEffect(() => {
    if (documentId === undefined) return store.hide();
    if (socket === null || status !== 'connected' || ownId === null) {
      return store.disconnect(status === 'offline' ? 'offline' : 'connecting');
    }
    const wanted: PresenceDocument = { uid, documentId };
    let isJoined = false;
    let isOver = false;

    const join = async (): Promise<void> => {
      const answer = await request<Succeeded<'presence:join'>>(socket, 'presence:join', wanted);
      if (isOver) return;
      if (!answer.success) return refused();
      isJoined = true;
      store.join({ socket, document: wanted });
      store.update(answer, ownId);
    };

    /** Switched off, or not for this admin: asked again with each heartbeat. */
    const refused = (): void => {
      isJoined = false;
      store.refuse();
    };

    const check = async (): Promise<void> => {
      const answer = await request<Succeeded<'presence:heartbeat'>>(
        socket,
        'presence:heartbeat',
        {},
      );
      if (isOver) return;
      if (!answer.success) return refused();
      if (!isJoined || answer.documents === 0) await join();
    };

    /** What is not answered is tried again with the next heartbeat, or after a reconnect. */
    const attempt = (action: () => Promise<void>): void => void action().catch(() => undefined);

    const onUpdate = (update: PresenceUpdate): void => {
      if (!isJoined || !isSame(wanted, update)) return;
      store.update(update, ownId);
      if (!update.editors.some(({ user }) => user.id === ownId)) attempt(check);
    };
    const onTyping = (typing: PresenceTyping): void => {
      if (isJoined && isSame(wanted, typing) && typing.user.id !== ownId) store.type(typing);
    };

    /** A hidden tab may have slept too long. */
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') attempt(check);
    };

    stay(wanted);
    socket.on('presence:update', onUpdate);
    socket.on('presence:typing', onTyping);
    document.addEventListener('visibilitychange', onVisible);
    const timer = setInterval(() => attempt(check), HEARTBEAT);
    attempt(join);
    return () => {
      isOver = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
      socket.off('presence:update', onUpdate);
      socket.off('presence:typing', onTyping);
      leaveSoon(socket, wanted);
    };
  }, [socket, status, ownId, uid, documentId, store]);
}
