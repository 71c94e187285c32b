import { type Settings, type SettingsPatch, settingsPatchSchema } from '../../shared/settings';
import { formatIssue, formatPath, formatValue } from '../config/messages';
import { checkAddressRule } from '../../socket-io/native';
import { InvalidInput, type Issue } from './invalid-input';

/** The shapes and bounds. Throws {@link InvalidInput}. */
export function parsePatch(input: unknown): SettingsPatch {
  const result = settingsPatchSchema.safeParse(input);
  if (result.success) return result.data;
  throw new InvalidInput(
    result.error.issues.map((issue) => ({
      path: formatPath(issue.path),
      message: formatIssue(issue, input, 'settings'),
    })),
  );
}

/** What an address list says that is no address. */
function addressIssues(patch: SettingsPatch): Issue[] {
  return (['ipWhitelist', 'ipBlacklist'] as const).flatMap((list) =>
    (patch.security?.[list] ?? []).flatMap((rule, index) => {
      const problem = checkAddressRule(rule);
      if (problem === null) return [];
      const path = `security.${list}[${index}]`;
      return [{ path, message: `${path} ${problem}` }];
    }),
  );
}

/** The uids a patch names, with the place of each. */
function uidsOf({ contentTypes, entitySubscriptions, rolePermissions }: SettingsPatch) {
  const within = (path: string, record: object | undefined): Array<[string, string]> =>
    Object.keys(record ?? {}).map((uid) => [path, uid]);
  return [
    ...within('contentTypes', contentTypes),
    ...(entitySubscriptions?.allowedContentTypes ?? []).map((uid): [string, string] => [
      'entitySubscriptions.allowedContentTypes',
      uid,
    ]),
    ...Object.entries(rolePermissions ?? {}).flatMap(([role, permissions]) =>
      within(`rolePermissions.${role}.contentTypes`, permissions?.contentTypes),
    ),
  ];
}

/**
 * What only the application knows: whether a content type exists. Those the settings name already
 * may stay, or settings could not be saved any more once a content type is gone.
 */
function uidIssues(patch: SettingsPatch, current: Settings, exists: (uid: string) => boolean) {
  const known = new Set(uidsOf(current).map(([, uid]) => uid));
  return uidsOf(patch)
    .filter(([, uid]) => !known.has(uid) && !exists(uid))
    .map(([path, uid]): Issue => ({
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
  const patch = parsePatch(input);
  const issues = [...addressIssues(patch), ...uidIssues(patch, current, exists)];
  if (issues.length > 0) throw new InvalidInput(issues);
  return patch;
}
