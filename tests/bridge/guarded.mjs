// The owner of a server with guarded namespaces, as small as it can be: one role for everybody, one API token.
import { createHmac } from 'node:crypto';

const SALT = 'salt';

/** The key of the API token `name`, as clients present it. */
export const digest = (key) => createHmac('sha512', SALT).update(key).digest('hex');

export const TABLE = {
  isPublic: true,
  public: 'role:2',
  principals: [
    {
      key: 'role:1',
      room: 'io:role:1',
      readable: [],
      contentRooms: ['Users'],
      rooms: ['lobby'],
      mayConnect: true,
      events: null,
    },
    {
      key: 'role:2',
      room: 'io:role:2',
      readable: ['api::note.note'],
      contentRooms: ['Public'],
      rooms: ['lobby'],
      mayConnect: true,
      events: null,
    },
    {
      key: 'token:1',
      room: 'io:token:1',
      readable: [],
      contentRooms: [],
      rooms: [],
      mayConnect: true,
      events: null,
    },
  ],
  tokens: [{ digest: digest('key'), principal: 'token:1', expiresAt: null }],
  salt: SALT,
  maxAge: 60_000,
};

export const RULES = {
  roles: ['Users', 'Public'],
  reservedRooms: ['lobby'],
  privateRooms: true,
  types: ['api::note.note'],
  publishedOnly: [],
  subscriptions: true,
  subscriptionTypes: [],
  maxSubscriptions: 3,
  verifyEntities: true,
  counted: true,
};

export const CLIENT_EVENTS = [
  'join-room',
  'leave-room',
  'get-rooms',
  'private-message',
  'subscribe-entity',
  'unsubscribe-entity',
  'get-entity-subscriptions',
];

/**
 * Options for a server. `userOf` says who is behind a token: `{ id, username }`, or null. `calls` counts what the engine
 * asked for.
 */
export function guarded(io, userOf = () => null, calls = {}) {
  const count = (name, by = 1) => (calls[name] = (calls[name] ?? 0) + by);
  const outcomeOf = ({ token }) => {
    const user = userOf(token);
    if (user === null) {
      const denial = { message: 'Invalid or expired token', code: 'INVALID_TOKEN', isGuess: true };
      return { identity: null, denial };
    }
    const { id, username, expiresAt = null } = user;
    const identity = {
      key: '',
      strategy: 'jwt',
      principal: 'role:1',
      user: JSON.stringify({ id, username }),
      userId: String(id),
      name: username,
      sessionId: null,
      keyHash: null,
      expiresAt,
      admin: null,
    };
    return { identity, denial: null };
  };
  const work = () => {
    const { native } = io();
    for (;;) {
      const { needsTable, questions, entities, usedTokens } = native.accessWork(500);
      if (!needsTable && [questions, entities, usedTokens].every(({ length }) => length === 0)) {
        return;
      }
      if (needsTable) {
        count('tables');
        native.setAccessTable(TABLE);
      }
      if (questions.length > 0) count('batches');
      count('questions', questions.length);
      native.answerAccess(questions.map((one) => ({ id: one.id, outcome: outcomeOf(one) })));
      if (entities.length > 0) count('look-ups');
      native.answerEntities(
        entities.map(({ id, entity }) => ({
          id,
          document: entity.startsWith('gone') ? null : `document-${entity}`,
          failed: entity === 'broken',
        })),
      );
      count('used', usedTokens.length);
    }
  };
  return {
    access: {
      work,
      judging: () => count('judging'),
      admitted: (socket, identity) => {
        count('admitted');
        socket.identity = identity;
      },
      connected: () => count('connected'),
      expired: (socket) => {
        count('expired');
        socket.disconnect(true);
      },
    },
  };
}
