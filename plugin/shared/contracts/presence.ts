/**
 * The connection of the admin panel, and presence over it: endpoints under `/io`, events over
 * Socket.IO.
 */

/** An admin, as other admins see them. */
export interface PresenceUser {
  id: number;
  firstname: string | null;
  lastname: string | null;
}

/**
 * POST /io/presence/session: for the connection of the panel, whether presence is switched on or
 * not. One admin session gets a new token every 30 seconds at most (status
 * 429, `error.details.retryAfter` in milliseconds), so tabs share it.
 */
export interface PresenceSession {
  /** For `auth: { strategy: 'admin-jwt', token, isAdmin: true }` of up to ten connections. */
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** When to ask for the next one, milliseconds since the epoch. */
  refreshAfter: number;
  /** The `path` option of the client. */
  wsPath: string;
  /** The URL to connect to. */
  wsUrl: string;
}

/**
 * Acknowledgement of the client event `session:renew`, without payload: a new token for the login that the connection
 * belongs to. Asked for over the connection, as a request to the admin API would keep an idle login alive.
 */
export type SessionRenewal = Pick<PresenceSession, 'token' | 'expiresAt' | 'refreshAfter'>;

/** An admin whose panel is connected. */
export interface OnlineAdmin extends PresenceUser {
  roles: Array<{ id: number; name: string }>;
  /** Milliseconds since the epoch. */
  lastActivity: number;
}

/** GET /io/presence/online */
export interface OnlineAdminsResponse {
  data: OnlineAdmin[];
}

export interface SessionStats {
  /** Session tokens that are alive. */
  activeSessions: number;
  /** Of these, the ones that should have been replaced. */
  expiringSoon: number;
  /** Connections of admins. */
  activeSocketConnections: number;
  /** Milliseconds. */
  sessionTTL: number;
  /** Milliseconds. */
  refreshCooldown: number;
}

/** GET /io/security/sessions */
export interface SessionStatsResponse {
  data: SessionStats;
}

/** POST /io/security/invalidate/:userId */
export interface InvalidateSessionsResponse {
  data: { userId: number; invalidatedSessions: number; message: string };
}

/** `documentId` may be left out for single types; it is null while such an entry is not saved. */
export interface PresenceDocument {
  uid: string;
  documentId: string | null;
}

/** An admin who has a document open, in the tab they opened first. */
export interface PresenceEditor {
  socketId: string;
  user: PresenceUser;
  /** Milliseconds since the epoch. */
  joinedAt: number;
}

/** Server event `presence:update`, to everybody who has joined the document. */
export interface PresenceUpdate extends PresenceDocument {
  editors: PresenceEditor[];
  count: number;
  /** Milliseconds since the epoch. */
  timestamp: number;
}

/** Server event `presence:typing`, to the other editors of the document. */
export interface PresenceTyping extends PresenceDocument {
  user: PresenceUser;
  /** null: they have stopped. */
  fieldName: string | null;
  /** Milliseconds since the epoch. */
  timestamp: number;
}

/** What the client events are acknowledged with. */
export type PresenceAck<T = object> = ({ success: true } & T) | { success: false; error: string };

/**
 * The acknowledgements by client event. The first three and typing take `{ uid, documentId }`. While
 * presence is switched off, all are refused with "Presence is switched off"; whoever had joined has
 * left, and joins again when it is on.
 */
export interface PresenceAcks {
  'presence:join': PresenceAck<PresenceUpdate>;
  'presence:leave': PresenceAck<PresenceDocument>;
  /** Who edits the document, without joining it. */
  'presence:check': PresenceAck<PresenceUpdate>;
  /** Due every 30 seconds. `documents`: how many are joined; stale ones have to be joined again. */
  'presence:heartbeat': PresenceAck<{ documents: number }>;
  /** Besides, takes `fieldName`; null: the admin has stopped typing. */
  'presence:typing': PresenceAck;
}
