import type {
  AccessAnswer,
  AccessQuestion,
  AccessTable,
  Engine,
  EntityQuestion,
} from '../../socket-io/native';
import { keyOf } from '../access/identity';
import type { ServiceContext } from '../types';
import { findContentType, hasDraftAndPublish } from '../utils/content-type';
import { getService } from '../utils/get-service';
import { SerialQueue } from '../utils/serial-queue';
import { describeError } from '../utils/to-error';
import { withinTime } from '../utils/within-time';

/** Clients whose users are looked up with one query. */
const BATCH = 500;

/** How long the database may take for the table, in milliseconds: one that hangs counts as one that is away. */
const READ_LIMIT = 10_000;

/** How often a table is read anew because it was out of date before it was there. */
const MAX_ATTEMPTS = 5;

/**
 * Tells the engine what it needs to decide who a client is: the table of roles and tokens, whole and whenever it is out
 * of date, and who is behind the tokens of users and admins.
 */
export function createAccessService({ strapi }: ServiceContext) {
  const { accessCheckInterval } = getService(strapi, 'options').config.security;
  const principals = getService(strapi, 'principals');
  const reviews = new SerialQueue((error) => {
    strapi.log.error(`plugin io: roles and tokens were not read again: ${describeError(error)}`);
  });
  const documents = new SerialQueue((error) => {
    strapi.log.error(`plugin io: entities were not looked up: ${describeError(error)}`);
  });
  let isReviewing = false;
  /** What is known of clients, with the number of changes there had been before it was looked up. */
  const answers: Array<{ answer: AccessAnswer; before: number }> = [];
  let isTelling = false;
  let isWorking = false;
  /** How often the table has been out of date. */
  let changes = 0;
  let reading: Promise<void> | null = null;
  /** What `changes` was when the engine's table was read; null: it has none. */
  let current: number | null = null;
  /** When that was (milliseconds, monotonic). */
  let readAt = 0;
  let unsubscribe: (() => void) | null = null;

  const engine = (): Engine | undefined => getService(strapi, 'server').engine();

  const contentTypes = (): string[] => Object.keys(strapi.contentTypes);

  /** What clients may do with rooms and entities. Unlike the table these rules are never without effect. */
  const applyRules = (): void => {
    const { rooms, entitySubscriptions } = getService(strapi, 'settings').current();
    const options = getService(strapi, 'options');
    const types = contentTypes();
    engine()?.setClientRules({
      roles: principals.roleNames(),
      reservedRooms: Object.values(rooms.autoJoinByRole).flat(),
      privateRooms: rooms.enablePrivateRooms,
      types,
      publishedOnly: types.filter((uid) => {
        const type = findContentType(strapi, uid);
        return type !== undefined && hasDraftAndPublish(type) && options.onlyPublished(uid);
      }),
      subscriptions: entitySubscriptions.enabled,
      subscriptionTypes: entitySubscriptions.allowedContentTypes,
      maxSubscriptions: entitySubscriptions.maxSubscriptionsPerSocket,
      verifyEntities: entitySubscriptions.requireVerification,
      counted: entitySubscriptions.enableMetrics,
    });
  };

  const table = async (): Promise<AccessTable> => {
    const { principals: all, tokens, age } = await principals.all();
    readAt = performance.now() - age;
    // `autoJoined` below checks rooms against the names of the roles, which have just been read.
    applyRules();
    const permissions = getService(strapi, 'permissions');
    const types = contentTypes();
    const publicRole = all.find(({ kind, type }) => kind === 'role' && type === 'public');
    return {
      isPublic: !getService(strapi, 'settings').current().security.requireAuthentication,
      public: publicRole === undefined ? null : keyOf(publicRole),
      principals: all.map((principal) => {
        const events = permissions.allowedEvents(principal);
        return {
          key: keyOf(principal),
          room: principal.room,
          readable: types.filter((uid) => permissions.canReceive(principal, uid, 'update')),
          contentRooms: principal.kind === 'role' ? [principal.name] : [],
          rooms: getService(strapi, 'rooms').autoJoined(principal),
          mayConnect: permissions.mayConnectAs(principal),
          events: events === null ? null : [...events],
        };
      }),
      tokens,
      salt: strapi.config.get<string | undefined>('admin.apiToken.salt') ?? null,
      maxAge: Math.max(0, accessCheckInterval - age),
    };
  };

  const read = async (): Promise<void> => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const before = changes;
      const now = await withinTime(table(), READ_LIMIT);
      if (before !== changes && attempt < MAX_ATTEMPTS) continue;
      current = before;
      const touched = engine()?.setAccessTable(now) ?? [];
      for (const { nsp, sid } of touched) getService(strapi, 'server').io().followRooms(nsp, sid);
      if (before === changes) return;
      // There were changes during every attempt: clients admitted by this table are checked again.
      engine()?.expireAccessTable();
      getService(strapi, 'live-access').recheck('everybody');
      return;
    }
  };

  /** Gives the engine a table that is up to date. One is read at a time. */
  const refresh = async (): Promise<void> => {
    while (reading !== null) await reading.catch(() => undefined);
    const isOld = performance.now() - readAt >= accessCheckInterval;
    if (current === changes && !isOld) return;
    // The cached principals are as old as the table.
    if (isOld) principals.flush();
    reading = read().finally(() => (reading = null));
    await reading;
  };

  const replace = async (): Promise<void> => {
    try {
      // Nothing has changed, so the table is too old for the engine, and so are the principals it was made of.
      if (current === changes) principals.flush();
      current = null;
      await refresh();
    } catch (error) {
      // The cache may hold a query that the database never answers.
      principals.flush();
      if (engine()?.mayLog('access table') !== false) {
        strapi.log.error(
          `plugin io: clients are refused, as roles and tokens cannot be read: ${describeError(error)}`,
        );
      }
      current = null;
      engine()?.failAccessTable();
    }
  };

  const markUsed = (keys: string[]): void => {
    getService(strapi, 'strategy')
      .markUsed(keys.map((key) => key.slice(key.indexOf(':') + 1)))
      .catch((error: unknown) => {
        strapi.log.error(
          `plugin io: the last use of API tokens was not noted: ${describeError(error)}`,
        );
      });
  };

  const lookUp = async (entities: EntityQuestion[]): Promise<void> => {
    const failed = () => entities.map(({ id }) => ({ id, document: null, failed: true }));
    const answers = await withinTime(
      getService(strapi, 'subscriptions').lookUp(entities),
      READ_LIMIT,
    ).catch(failed);
    // Whether the type may be read is in the table.
    await refresh().catch(replace);
    engine()?.answerEntities(answers);
  };

  /** Says who clients are, all that are known by now together. */
  const tell = async (): Promise<void> => {
    isTelling = false;
    // The engine checks users against the current roles. If these cannot be read, it refuses everybody.
    await refresh().catch(replace);
    const told = answers.splice(0);
    engine()?.answerAccess(told.map(({ answer }) => answer));
    const liveAccess = getService(strapi, 'live-access');
    const now = liveAccess.changes();
    const late = told.flatMap(({ answer, before }) =>
      before === now ? [] : (answer.outcome.identity ?? []),
    );
    if (late.length > 0) liveAccess.late(late);
  };

  const answer = async (question: AccessQuestion): Promise<void> => {
    const before = getService(strapi, 'live-access').changes();
    const outcome = await getService(strapi, 'strategy').identify(question);
    answers.push({ answer: { id: question.id, outcome }, before });
    if (isTelling) return;
    isTelling = true;
    setImmediate(() => {
      tell().catch((error: unknown) => {
        strapi.log.error(`plugin io: clients were not authenticated: ${describeError(error)}`);
      });
    });
  };

  const work = async (): Promise<void> => {
    for (;;) {
      const running = engine();
      // Cleared in the same turn in which the engine reports no work: it calls again for the next request.
      if (running === undefined) return void (isWorking = false);
      const { needsTable, questions, entities, usedTokens } = running.accessWork(BATCH);
      const sizes = [questions, entities, usedTokens].map(({ length }) => length);
      if (!needsTable && sizes.every((length) => length === 0)) return void (isWorking = false);
      if (usedTokens.length > 0) markUsed(usedTokens);
      if (needsTable) await replace();
      // Neither is awaited: requests that need no look-up go on, and later ones join the next batch.
      if (entities.length > 0) documents.add(() => lookUp(entities));
      for (const question of questions) void answer(question);
    }
  };

  return {
    /** Once the server is there. */
    start(): void {
      applyRules();
      getService(strapi, 'client-events').start();
      unsubscribe = getService(strapi, 'settings').onChange(() => {
        applyRules();
        this.expire();
      });
    },

    async stop(): Promise<void> {
      unsubscribe?.();
      unsubscribe = null;
      await Promise.all([reviews.close(), documents.close()]);
    },

    /** The engine has work: does it until there is none. */
    work(): void {
      if (isWorking) return;
      isWorking = true;
      work().catch((error: unknown) => {
        strapi.log.error(`plugin io: clients were not authenticated: ${describeError(error)}`);
        isWorking = false;
        // The engine waits for what was left.
        setImmediate(() => this.work());
      });
    },

    /** Roles, tokens, permissions or settings have changed: nobody is judged by the old ones any more. */
    expire(): void {
      changes += 1;
      getService(strapi, 'live-access').note();
      engine()?.expireAccessTable();
    },

    refresh,

    /**
     * What roles and tokens may read has changed: their sockets stay who they are, but may hold subscriptions that are
     * not allowed any more. No event waits for this, as none is sent to principals that may not read the type.
     */
    review(): void {
      if (isReviewing) return;
      isReviewing = true;
      reviews.add(async () => {
        isReviewing = false;
        await refresh();
      });
    },

    /** Resolves when the subscriptions that are not allowed any more have been dropped. */
    reviewed: (): Promise<void> => reviews.idle(),
  };
}

export type AccessService = ReturnType<typeof createAccessService>;
