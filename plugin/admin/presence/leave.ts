import type { Socket } from 'socket.io-client';

import type { PresenceDocument } from '../../shared/contracts/presence';

/** The form is built anew after a save or for another locale: nobody has left then. */
const GRACE = 300;

const leaving = new Map<string, ReturnType<typeof setTimeout>>();

const keyOf = ({ uid, documentId }: PresenceDocument): string => `${uid} ${documentId ?? ''}`;

/** Leaves a document, unless it is on the page again in a moment. */
export function leaveSoon(socket: Socket, document: PresenceDocument): void {
  stay(document);
  const leave = (): void => {
    leaving.delete(keyOf(document));
    // A lost connection has left by itself.
    if (socket.connected) socket.emit('presence:leave', document);
  };
  leaving.set(keyOf(document), setTimeout(leave, GRACE));
}

/** Does not leave it after all. */
export function stay(document: PresenceDocument): void {
  clearTimeout(leaving.get(keyOf(document)));
  leaving.delete(keyOf(document));
}
