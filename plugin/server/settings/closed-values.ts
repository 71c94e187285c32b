/** What a stored access rule that cannot be read counts as: it must not open what it may have closed. */
import { MAX_NAME } from '../../shared/settings';

/** An address no client has: the only entry of a list of which nothing can be read. */
export const NO_ADDRESS = '255.255.255.255';

interface Rule {
  /** The path; `*` stands for one key of the user's. */
  pattern: readonly string[];
  /** The value that is in force instead. `undefined`: the value is ignored like any other. */
  closed: (value: unknown) => unknown;
  /** How many keys of the path name what is replaced; default: all. */
  depth?: number;
}

const blocked = (value: unknown): unknown => (value === null ? undefined : { canConnect: false });
const never = (): boolean => false;

const textOf = (value: unknown): string[] => [JSON.stringify(value).slice(0, MAX_NAME)];

/** Lists that allow more when they are empty than with any entry. */
export const ALLOW_LISTS: ReadonlyMap<string, (value: unknown) => string[]> = new Map([
  ['security.ipWhitelist', () => [NO_ADDRESS]],
  // Without any, a header that the client may have written decides.
  ['security.trustedProxies', () => [NO_ADDRESS]],
  // The text of the value: no content type and no event has such a name.
  ['entitySubscriptions.allowedContentTypes', textOf],
  ['security.inputValidation.allowedEvents', textOf],
]);

const allowList = (path: string): Rule => ({
  pattern: path.split('.'),
  closed: (value) => (value === null ? undefined : ALLOW_LISTS.get(path)?.(value)),
});

const RULES: readonly Rule[] = [
  { pattern: ['security', 'requireAuthentication'], closed: Boolean },
  { pattern: ['security', 'checkOrigin'], closed: Boolean },
  { pattern: ['security', 'inputValidation', 'enabled'], closed: Boolean },
  { pattern: ['security', 'rateLimiting', 'enabled'], closed: Boolean },
  ...[...ALLOW_LISTS.keys()].map(allowList),
  { pattern: ['rolePermissions', '*'], closed: blocked },
  {
    pattern: ['rolePermissions', '*', 'canConnect'],
    closed: (value) => (value === null ? undefined : false),
  },
  { pattern: ['rolePermissions', '*', 'contentTypes'], closed: blocked, depth: 2 },
  // None: without the key, all events are allowed.
  {
    pattern: ['rolePermissions', '*', 'events'],
    closed: (value) => (value === null ? undefined : []),
  },
  {
    pattern: ['rolePermissions', '*', 'contentTypes', '*'],
    closed: () => ({ create: false, update: false, delete: false }),
  },
  { pattern: ['rolePermissions', '*', 'contentTypes', '*', '*'], closed: never },
  { pattern: ['rooms', 'enablePrivateRooms'], closed: never },
  { pattern: ['namespaces', 'list', '*'], closed: () => ({ requireAuth: true }) },
  { pattern: ['namespaces', 'list', '*', 'requireAuth'], closed: () => true },
  // The default URL may lead to a Redis of somebody else.
  { pattern: ['redis', 'url'], closed: () => ({ enabled: false }), depth: 1 },
];

const matches = (pattern: readonly string[], path: readonly PropertyKey[]): boolean =>
  pattern.length === path.length &&
  pattern.every((key, index) => key === '*' || key === path[index]);

/** The place and the value of what is in force instead; undefined if the value is simply ignored. */
export function closedValue(
  path: readonly PropertyKey[],
  value: unknown,
): { path: readonly PropertyKey[]; value: unknown } | undefined {
  const rule = RULES.find(({ pattern }) => matches(pattern, path));
  const closed = rule?.closed(value);
  return closed === undefined ? undefined : { path: path.slice(0, rule?.depth), value: closed };
}
