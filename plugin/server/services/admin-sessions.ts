import type {
  OnlineAdmin,
  PresenceUser,
  SessionRenewal,
  SessionStats,
} from '../../shared/contracts/presence';
import type { SessionTokenAnswer } from '../../socket-io/native';
import { AuthError, type Identity } from '../access/identity';
import { createAdmins } from '../presence/admins';
import { REVIEW_LIMIT, sessionLimits } from '../presence/limits';
import { createReviewer } from '../presence/review';
import { createSessionTokens } from '../presence/session-tokens';
import type { ServiceContext, SocketIOSocket } from '../types';
import { serveRequests } from '../utils/admin-requests';
import { dismiss } from '../utils/dismiss';
import { getService } from '../utils/get-service';
import { Refusal } from '../utils/refusal';
import { withinTime } from '../utils/within-time';

/** What is known of a connected admin. */
export interface AdminConnection {
  user: PresenceUser;
  /** The admin session it was opened in, or what renewals have made of it. */
  sessionId: string;
  /** Milliseconds since the epoch. */
  lastActivity: number;
}

interface Activity {
  id: number;
  lastActivity: number;
}

/** Asks for the next session token. */
export const RENEW_EVENT = 'session:renew';

const INVALIDATE = 'sessions:invalidate';
const COUNTS = 'sessions:counts';
const ONLINE = 'sessions:online';

type Counts = Pick<SessionStats, 'activeSessions' | 'expiringSoon' | 'activeSocketConnections'>;

const invalidToken = (isGuess: boolean): AuthError =>
  new AuthError('Invalid or expired token', 'INVALID_TOKEN', isGuess);

/** Session tokens and connections of admins; both end with the admin session they belong to. */
export function createAdminSessionsService({ strapi }: ServiceContext) {
  const limits = sessionLimits(getService(strapi, 'options').config);
  const cluster = getService(strapi, 'cluster');
  const tokens = createSessionTokens(cluster, limits);
  const admins = createAdmins(strapi);
  const connections = new Map<SocketIOSocket, AdminConnection>();

  const end = (
    reason: string,
    isMeant: (connection: AdminConnection) => boolean = () => true,
  ): void => {
    for (const [socket, connection] of [...connections]) {
      if (!isMeant(connection)) continue;
      connections.delete(socket);
      dismiss(strapi, socket, reason);
    }
  };

  /** The admin sessions that something depends on, with the admin of each. */
  const logins = (): Map<string, number> =>
    new Map([
      ...tokens.grants().map(({ sessionId, userId }): [string, number] => [sessionId, userId]),
      ...[...connections.values()].map(({ sessionId, user }): [string, number] => [
        sessionId,
        user.id,
      ]),
    ]);

  /** Ends what belongs to admins and sessions that are no more, and has the rights of the others read again. */
  const review = async (): Promise<void> => {
    const current = logins();
    if (current.size === 0) return;
    const allowed = new Set(
      (await admins.many([...new Set(current.values())])).map(({ id }) => id),
    );
    const sessions = await admins.currentSessions(
      new Map([...current].filter(([, userId]) => allowed.has(userId))),
    );
    for (const sessionId of current.keys()) {
      if (!sessions.has(sessionId)) tokens.invalidateSession(sessionId);
    }
    end('Session ended', ({ sessionId }) => current.has(sessionId) && !sessions.has(sessionId));
    for (const connection of connections.values()) {
      connection.sessionId = sessions.get(connection.sessionId) ?? connection.sessionId;
    }
    await getService(strapi, 'presence').review();
    await getService(strapi, 'monitoring-live').review();
  };

  const failClosed = async (): Promise<void> => {
    try {
      await withinTime(review(), REVIEW_LIMIT);
    } catch (error) {
      // Panels come back by themselves; who may have been logged out must not stay.
      end('Session cannot be checked');
      throw error;
    }
  };

  const reviewer = createReviewer(strapi, failClosed);

  const invalidateHere = (userId: number): number => {
    const count = tokens.invalidateUser(userId);
    end('Session invalidated', ({ user }) => user.id === userId);
    return count;
  };

  const countsHere = (): Counts => {
    const { active, expiringSoon } = tokens.counts();
    return { activeSessions: active, expiringSoon, activeSocketConnections: connections.size };
  };

  const onlineHere = (): Activity[] =>
    [...connections.values()].map(({ user, lastActivity }) => ({ id: user.id, lastActivity }));

  /** The next token, for the login of a connection as it is now. */
  const renew = async (
    socket: SocketIOSocket,
    { user, sessionId }: AdminConnection,
  ): Promise<SessionRenewal> => {
    const current = await admins.currentSession(sessionId, user.id);
    if (current === null || !connections.has(socket)) throw new Refusal('Session ended');
    const { token, expiresAt, refreshAfter, message } = tokens.issue(user.id, current);
    if (token === null) throw new Refusal(message ?? 'No session token');
    return { token, expiresAt, refreshAfter };
  };

  /** Takes note of a new connection, if it is one of an admin. */
  const attach = (socket: SocketIOSocket): void => {
    const admin = getService(strapi, 'identities').of(socket)?.admin;
    if (admin === undefined) return;
    const connection = { ...admin, lastActivity: Date.now() };
    connections.set(socket, connection);
    socket.on('disconnect', () => connections.delete(socket));
    socket.onAny((event) => {
      // The panel does this by itself.
      if (event !== RENEW_EVENT) connection.lastActivity = Date.now();
    });
    serveRequests(strapi, socket, { [RENEW_EVENT]: () => renew(socket, connection) });
    // The token may have been taken back while its bearer was being looked up.
    const { token } = socket.handshake.auth as { token: string };
    if (!tokens.holds(token)) end('Session ended', (other) => other === connection);
  };

  return {
    /** Before whoever asks about the connection of a socket that has just come. */
    start(): void {
      tokens.start();
      cluster.handle(INVALIDATE, ([userId]) => invalidateHere(userId as number));
      cluster.handle(COUNTS, countsHere);
      cluster.handle(ONLINE, onlineHere);
      reviewer.start();
      getService(strapi, 'server').onSocket(attach);
    },

    async stop(): Promise<void> {
      await reviewer.stop();
      tokens.clear();
      connections.clear();
    },

    /** Has admins and their sessions read again, as something may have changed that was not noticed. */
    recheck: (): void => reviewer.request(),

    /** A token for the admin who asks, in the session they ask from. */
    issue: (userId: number, sessionId: string): SessionTokenAnswer =>
      tokens.issue(userId, sessionId),

    /** Who comes with this token. Throws an `AuthError` for whoever may not connect. */
    async authenticate(token: string): Promise<Identity> {
      const grant = await tokens.redeem(token);
      if (grant === null) throw invalidToken(true);
      const admin = await admins.one(grant.userId);
      const sessionId = await admins.currentSession(grant.sessionId, grant.userId);
      if (admin === null || sessionId === null) {
        tokens.invalidateSession(grant.sessionId);
        throw invalidToken(false);
      }
      const { id, firstname, lastname } = admin;
      return {
        strategy: 'admin-jwt',
        // Content goes to roles and API tokens; an admin is neither.
        principal: null,
        user: null,
        expiresAt: null,
        sessionId: null,
        keyHash: null,
        admin: { user: { id, firstname, lastname }, sessionId },
      };
    },

    /** The sockets of admins; none whose session has ended. */
    connections: (): ReadonlyMap<SocketIOSocket, AdminConnection> => connections,

    /** Takes back all tokens of an admin, and ends their connections, on all nodes. */
    async invalidate(userId: number): Promise<number> {
      const others = await cluster.askAll(INVALIDATE, [userId]);
      return others.reduce<number>((sum, count) => sum + Number(count), invalidateHere(userId));
    },

    async stats(): Promise<SessionStats> {
      const others = (await cluster.askAll(COUNTS, [])) as Counts[];
      const all = [countsHere(), ...others];
      const sum = (key: keyof Counts): number =>
        all.reduce((total, counts) => total + Number(counts[key]), 0);
      return {
        activeSessions: sum('activeSessions'),
        expiringSoon: sum('expiringSoon'),
        activeSocketConnections: sum('activeSocketConnections'),
        sessionTTL: limits.ttl,
        refreshCooldown: limits.cooldown,
      };
    },

    /** The admins who are connected to any node, last active first. */
    async online(): Promise<OnlineAdmin[]> {
      const others = (await cluster.askAll(ONLINE, [])) as Activity[][];
      const latest = new Map<number, number>();
      for (const { id, lastActivity } of [onlineHere(), ...others].flat()) {
        latest.set(id, Math.max(lastActivity, latest.get(id) ?? 0));
      }
      const rows = await admins.many([...latest.keys()]);
      return rows
        .map(({ id, firstname, lastname, roles }) => ({
          id,
          firstname,
          lastname,
          roles: roles.map((role) => ({ id: role.id, name: role.name })),
          lastActivity: latest.get(id) ?? 0,
        }))
        .sort((a, b) => b.lastActivity - a.lastActivity);
    },
  };
}

export type AdminSessionsService = ReturnType<typeof createAdminSessionsService>;
