import type { IncomingMessage } from 'node:http';

/** Asks JavaScript whether an origin is allowed; the answer may be any of cors' static forms. */
export type OriginDecider = (req: IncomingMessage, origin: string) => Promise<boolean>;

/** The origins that a `cors` option allows: all of them, a list that the engine can check, or a decision per request. */
export type OriginRule = 'any' | readonly string[] | OriginDecider;

type Callback = (error: unknown, value?: unknown) => void;

/** A function of the application, which answers through its last argument. */
type Asked = (subject: unknown, done: Callback) => unknown;

/** Ends without an answer if the application's function never calls back. */
const DECISION_TIMEOUT = 10_000;

const isText = (value: unknown): value is string =>
  typeof value === 'string' || value instanceof String;

const isPattern = (value: unknown): boolean =>
  value instanceof RegExp || (Array.isArray(value) && value.some(isPattern));

/** As the package `cors` compares: texts exactly, also "*" inside of a list, and anything else by its truth. */
function matches(origin: string, allowed: unknown): boolean {
  if (Array.isArray(allowed)) return allowed.some((one) => matches(origin, one));
  if (isText(allowed)) return origin === String(allowed);
  // A copy: a pattern with the flag "g" remembers where its last match ended.
  if (allowed instanceof RegExp) return new RegExp(allowed).test(origin);
  return Boolean(allowed);
}

const isAllowed = (origin: string, allowed: unknown): boolean =>
  Boolean(allowed) && (allowed === '*' || matches(origin, allowed));

/** The texts of a list; null if something in it allows every origin. */
function texts(allowed: readonly unknown[]): string[] | null {
  const lists = allowed.map((one) => {
    if (Array.isArray(one)) return texts(one);
    if (isText(one)) return [String(one)];
    return one ? null : [];
  });
  return lists.includes(null) ? null : (lists as string[][]).flat();
}

function staticRule(allowed: unknown): OriginRule {
  if (!allowed) return [];
  if (allowed === '*') return 'any';
  if (isPattern(allowed)) return (_req, origin) => Promise.resolve(isAllowed(origin, allowed));
  return texts([allowed]) ?? 'any';
}

/** Calls a function of the application that answers through a callback. */
const ask = (call: (done: Callback) => unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), DECISION_TIMEOUT);
    timer.unref();
    const settle: Callback = (error, value) => {
      clearTimeout(timer);
      if (error) reject(error instanceof Error ? error : new Error('refused'));
      else resolve(value);
    };
    try {
      call(settle);
    } catch (error) {
      settle(error ?? true);
    }
  });

const originOf = (options: unknown): unknown => {
  const given = Object(options) as { origin?: unknown };
  return 'origin' in given ? given.origin : '*';
};

/** Reads the option `cors`, in every form that the package `cors` takes. Without it no other origin is allowed. */
export function originRule(cors: unknown): OriginRule {
  if (cors === undefined || cors === null || cors === false) return [];
  const decide = async (origin: string, allowed: unknown): Promise<boolean> => {
    const value =
      typeof allowed === 'function'
        ? await ask((done) => (allowed as Asked)(origin, done))
        : allowed;
    return isAllowed(origin, value);
  };
  if (typeof cors === 'function') {
    return async (req, origin) =>
      decide(origin, originOf(await ask((done) => (cors as Asked)(req, done))));
  }
  const allowed = originOf(cors);
  if (typeof allowed === 'function') return (_req, origin) => decide(origin, allowed);
  return staticRule(allowed);
}

/** The origins of URLs; what is not an absolute URL has none. */
export const originsOf = (urls: readonly unknown[]): string[] =>
  urls.flatMap((url) =>
    typeof url === 'string' && URL.canParse(url) ? [new URL(url).origin] : [],
  );
