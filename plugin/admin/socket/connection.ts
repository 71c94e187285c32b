/** The one connection of this browser tab: opened for its first user, closed after its last. */
import type { Socket } from 'socket.io-client';

import type { PresenceSession } from '../../shared/contracts/presence';
import { addressOf } from './address';
import { backoff } from './retry';
import { dropSession, renewSession, SessionError, takeSession } from './session';

/** `connecting`: not tried yet, or just lost. `offline`: the last attempt has failed. */
export type SocketStatus = 'connecting' | 'connected' | 'offline';

export interface AdminSocket {
  /** The same one through reconnects; null before the first attempt. */
  socket: Socket | null;
  status: SocketStatus;
}

/** Going from page to page is not worth a new connection. */
const LINGER = 5_000;

/** A connection that held this long was a success: the next loss starts with short waits again. */
const STABLE = 10_000;

/** After a renewal that failed; the server hands out one token every 30 seconds. */
const RENEWAL_RETRY = 31_000;

export const IDLE: AdminSocket = { socket: null, status: 'connecting' };

let state = IDLE;
let userId: number | null = null;
let token: string | null = null;
let attempts = 0;
/** The server has refused a token since the last connection. */
let refused = false;
/** The number of the attempt that counts: what comes of an older one is void. */
let latest = 0;
const listeners = new Set<() => void>();
const timers: Partial<
  Record<'linger' | 'renewal' | 'retry' | 'stable', ReturnType<typeof setTimeout>>
> = {};

const set = (next: Partial<AdminSocket>): void => {
  state = { ...state, ...next };
  listeners.forEach((listener) => listener());
};

const later = (name: keyof typeof timers, ms: number, run: () => void): void => {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(run, ms);
};

const failed = (ms: number | null): void => {
  set({ status: 'offline' });
  later('retry', ms ?? backoff(attempts), attempt);
  attempts += 1;
};

/** The server does not want this token (any more). */
const reject = (): void => {
  if (token !== null) dropSession(token);
  token = null;
};

/**
 * Replaces the token when it is due, so that a lost connection comes back without a request to the API. Over the
 * connection: the API would take it for activity, and keep an idle login alive.
 */
function planRenewal(session: PresenceSession): void {
  const renew = async (): Promise<void> => {
    const { socket, status } = state;
    // A new connection plans its own.
    if (userId === null || socket === null || status !== 'connected') return;
    const own = latest;
    try {
      const next = await renewSession(userId, socket, session);
      if (own !== latest) return;
      token = next.token;
      planRenewal(next);
    } catch {
      if (own === latest) later('renewal', RENEWAL_RETRY, () => void renew());
    }
  };
  later('renewal', Math.max(0, session.refreshAfter - Date.now()), () => void renew());
}

function listen(socket: Socket): void {
  socket.on('connect', () => {
    refused = false;
    set({ status: 'connected' });
    later('stable', STABLE, () => (attempts = 0));
  });
  socket.on('io:disconnected', reject);
  socket.on('disconnect', (reason) => {
    clearTimeout(timers.stable);
    set({ status: 'connecting' });
    if (reason === 'io client disconnect') return;
    later('retry', backoff(attempts), attempt);
    attempts += 1;
  });
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    const isInvalid = error.data?.code === 'INVALID_TOKEN';
    if (isInvalid) reject();
    socket.disconnect();
    // A server that has restarted does not know the old token: a new one is worth asking for soon, but only once.
    failed(isInvalid && !refused ? backoff(0) : null);
    refused ||= isInvalid;
  });
}

async function create(wsPath: string): Promise<Socket> {
  const { io } = await import('socket.io-client');
  const { origin, path } = addressOf(wsPath);
  return io(origin, {
    path,
    // First, as it needs no sticky sessions where there are several servers.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (send) => send({ strategy: 'admin-jwt', token, isAdmin: true }),
    // Each attempt takes a token first, and waits for one in its own time.
    autoConnect: false,
    reconnection: false,
    forceNew: true,
  });
}

async function connect(owner: number): Promise<void> {
  latest += 1;
  const own = latest;
  try {
    const session = await takeSession(owner);
    const socket = state.socket ?? (await create(session.wsPath));
    if (own !== latest) return;
    token = session.token;
    if (state.socket === null) {
      listen(socket);
      set({ socket });
    }
    socket.connect();
    planRenewal(session);
  } catch (error) {
    if (own === latest) failed(error instanceof SessionError ? error.retryAfter : null);
  }
}

function attempt(): void {
  clearTimeout(timers.retry);
  if (userId !== null && state.status !== 'connected') void connect(userId);
}

/** What may have been wrong is over: no need to wait. */
const hurry = (): void => {
  if (state.status === 'connected') return;
  attempts = 0;
  later('retry', 0, attempt);
};

/** A page that the browser keeps for going back has left all the same. */
const hide = (): void => void state.socket?.disconnect();

const show = ({ persisted }: PageTransitionEvent): void => {
  if (persisted) later('retry', 0, attempt);
};

function open(owner: number): void {
  userId = owner;
  window.addEventListener('online', hurry);
  window.addEventListener('pagehide', hide);
  window.addEventListener('pageshow', show);
  attempt();
}

/** Ends the connection at once, whoever uses it. */
export function closeConnection(): void {
  latest += 1;
  userId = null;
  token = null;
  attempts = 0;
  refused = false;
  Object.values(timers).forEach((timer) => clearTimeout(timer));
  window.removeEventListener('online', hurry);
  window.removeEventListener('pagehide', hide);
  window.removeEventListener('pageshow', show);
  const { socket } = state;
  set(IDLE);
  socket?.removeAllListeners();
  socket?.disconnect();
}

/** Uses the connection, as this admin, until the returned function is called. */
export function acquireConnection(owner: number, listener: () => void): () => void {
  clearTimeout(timers.linger);
  if (userId !== null && userId !== owner) closeConnection();
  listeners.add(listener);
  if (userId === null) open(owner);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) later('linger', LINGER, closeConnection);
  };
}

export const currentConnection = (): AdminSocket => state;
