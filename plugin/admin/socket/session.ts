/** The session token of the panel's connection, one for all tabs. */
import type { Socket } from 'socket.io-client';

import type { PresenceSession, SessionRenewal } from '../../shared/contracts/presence';
import { requestSession } from '../api/presence';
import { request } from './request';
import { retryDelay } from './retry';

/** In the browser's local storage, as the server hands out one token every 30 seconds only. */
const KEY = 'strapi-io-session';

/** Held while asking, so that tabs which open together ask once. */
const LOCK = 'strapi-io-session';

interface StoredSession extends PresenceSession {
  /** The admin it belongs to: whoever logs in next must not connect as them. */
  userId: number;
}

/** There is no session to be had now. */
export class SessionError extends Error {
  /** Milliseconds until it is worth asking again; null: as after any failure. */
  readonly retryAfter: number | null;

  constructor(cause: unknown) {
    super('no session token');
    this.retryAfter = retryDelay(cause);
  }
}

function stored(userId: number): StoredSession | null {
  try {
    const session = JSON.parse(localStorage.getItem(KEY) ?? 'null') as StoredSession | null;
    return session?.userId === userId && session.expiresAt > Date.now() ? session : null;
  } catch {
    return null;
  }
}

async function currentOrNew(userId: number): Promise<PresenceSession> {
  const session = stored(userId);
  if (session !== null && session.refreshAfter > Date.now()) return session;
  try {
    const renewed: StoredSession = { ...(await requestSession()), userId };
    localStorage.setItem(KEY, JSON.stringify(renewed));
    return renewed;
  } catch (error) {
    // Too early to ask again: the old one is good still, or another tab has got one meanwhile.
    const fallback = stored(userId);
    if (fallback !== null) return fallback;
    throw new SessionError(error);
  }
}

/** One tab at a time. Browsers have locks on HTTPS and localhost only. */
const inTurn = async <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks === undefined ? work() : await navigator.locks.request(LOCK, work);

/** A token to connect with. Throws a `SessionError`. */
export const takeSession = (userId: number): Promise<PresenceSession> =>
  inTurn(() => currentOrNew(userId));

/** The token that follows `previous`, from the server or from another tab. Rejects if there is none now. */
export const renewSession = (
  userId: number,
  socket: Socket,
  previous: PresenceSession,
): Promise<PresenceSession> =>
  inTurn(async () => {
    const session = stored(userId);
    if (session !== null && session.refreshAfter > Date.now()) return session;
    const answer = await request<SessionRenewal>(socket, 'session:renew', {});
    if (!answer.success) throw new Error(answer.error);
    const { token, expiresAt, refreshAfter } = answer;
    const renewed: StoredSession = { ...previous, token, expiresAt, refreshAfter, userId };
    localStorage.setItem(KEY, JSON.stringify(renewed));
    return renewed;
  });

/** Drops the token, if it is this one: another tab may have replaced it. */
export function dropSession(token: string): void {
  const raw = localStorage.getItem(KEY);
  if (raw?.includes(token)) localStorage.removeItem(KEY);
}

/** Drops whatever token there is. */
export function forgetSession(): void {
  localStorage.removeItem(KEY);
}
