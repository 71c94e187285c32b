import type { GetRoles } from '../../../../shared/contracts/settings';

type Role = GetRoles['Response']['data'][number];

/** An entry of a setting by role, there or yet to be made. */
export interface RoleEntry {
  /** The key in the setting. */
  key: string;
  name: string;
}

/**
 * The entries of a setting by role: one for each role, and those that are nobody's or somebody's
 * second. Settings name a role by its name or its type, in any case.
 */
export function roleEntries(
  record: Record<string, unknown>,
  roles: readonly Role[],
  isLocked: (key: string) => boolean,
): RoleEntry[] {
  const keys = Object.keys(record).sort((a, b) => Number(isLocked(b)) - Number(isLocked(a)));
  const ofRoles = roles.map(({ name, type }) => {
    const names = [name.toLowerCase(), type.toLowerCase()];
    return { key: keys.find((key) => names.includes(key.toLowerCase())) ?? type, name };
  });
  const taken = new Set(ofRoles.map(({ key }) => key));
  return [...ofRoles, ...keys.filter((key) => !taken.has(key)).map((key) => ({ key, name: key }))];
}
