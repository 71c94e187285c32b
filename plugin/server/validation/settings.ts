import { type Settings, type SettingsPatch, settingsPatchSchema } from '../../shared/settings';
import { valueAt } from '../../shared/settings-tree';
import { formatIssue, formatPath, formatValue } from '../config/messages';
import { checkAddressRule } from '../../socket-io/native';
import { nearestType } from '../utils/content-type';
import { InvalidInput, type Issue } from './invalid-input';

type Parsed = ReturnType<typeof settingsPatchSchema.safeParse>;

const shapeIssues = (input: unknown, { error }: Parsed): Issue[] =>
  (error?.issues ?? []).map((issue) => ({
    path: formatPath(issue.path),
    message: formatIssue(issue, input, 'settings'),
  }));

/** The texts of a list, which may be anything as yet, each with its place. */
const textsAt = (input: object, path: string): Array<[index: number, text: string]> => {
  const list = valueAt(input, path);
  const entries = Array.isArray(list) ? [...(list as unknown[]).entries()] : [];
  return entries.filter((entry): entry is [number, string] => typeof entry[1] === 'string');
};

/** What the address lists say that is no address. */
const addressIssues = (input: object): Issue[] =>
  ['security.ipWhitelist', 'security.ipBlacklist', 'security.trustedProxies'].flatMap((list) =>
    textsAt(input, list).flatMap(([index, rule]) => {
      const problem = checkAddressRule(rule);
      if (problem === null) return [];
      const path = `${list}[${index}]`;
      return [{ path, message: `${path} ${problem}` }];
    }),
  );

/** The uids that settings name, whatever shape they are in, with the place of each. */
function uidsOf(input: object): Array<[path: string, uid: string]> {
  const keysOf = (path: string, value: unknown): Array<[string, string]> =>
    Object.keys(Object(value) as object).map((uid) => [path, uid]);
  const allowed = 'entitySubscriptions.allowedContentTypes';
  const roles = Object.entries(Object(valueAt(input, 'rolePermissions')) as object);
  return [
    ...keysOf('contentTypes', valueAt(input, 'contentTypes')),
    ...textsAt(input, allowed).map(([, uid]): [string, string] => [allowed, uid]),
    ...roles.flatMap(([role, permissions]) =>
      keysOf(
        `rolePermissions.${role}.contentTypes`,
        valueAt(permissions as object, 'contentTypes'),
      ),
    ),
  ];
}

/** The content types that settings name and the application does not have. */
export function unknownTypes(
  settings: Settings,
  known: readonly string[],
): Array<{ path: string; uid: string; message: string }> {
  return uidsOf(settings)
    .filter(([, uid]) => !known.includes(uid))
    .map(([path, uid]) => ({
      path,
      uid,
      message: `${path} ${formatValue(uid)} is not a content type: ${nearestType(uid, known)}; it is skipped`,
    }));
}

/**
 * What only the application knows: whether a content type exists. Those the settings name already
 * may stay, or settings could not be saved any more once a content type is gone.
 */
function uidIssues(input: object, current: Settings, exists: (uid: string) => boolean): Issue[] {
  const known = new Set(uidsOf(current).map(([, uid]) => uid));
  return uidsOf(input)
    .filter(([, uid]) => !known.has(uid) && !exists(uid))
    .map(([path, uid]) => ({
      path,
      message: `${path} ${formatValue(uid)} is not a content type of this application`,
    }));
}

/** Checks a patch whole before anything of it is stored. Throws {@link InvalidInput}. */
export function validatePatch(
  input: unknown,
  current: Settings,
  exists: (uid: string) => boolean,
): SettingsPatch {
  const result = settingsPatchSchema.safeParse(input);
  const shape = shapeIssues(input, result);
  const named = Object(input) as object;
  // Where the shape is wrong, nothing more is said of the contents.
  const misshapen = new Set(shape.map(({ path }) => path));
  const contents = [...addressIssues(named), ...uidIssues(named, current, exists)];
  const issues = [...shape, ...contents.filter(({ path }) => !misshapen.has(path))];
  if (!result.success || issues.length > 0) throw new InvalidInput(issues);
  return result.data;
}
