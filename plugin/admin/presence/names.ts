import type { PresenceUser } from '../../shared/contracts/presence';

/** Theme tokens on which `neutral0` is legible in both themes. */
const COLORS = [
  'primary600',
  'success600',
  'alternative600',
  'secondary600',
  'warning700',
] as const;

const parts = ({ firstname, lastname }: PresenceUser): string[] =>
  [firstname, lastname].map((part) => part?.trim() ?? '').filter((part) => part !== '');

/** First and last name; null for an admin who has neither. */
export const fullName = (user: PresenceUser): string | null => parts(user).join(' ') || null;

/** One or two letters, whole ones in any script. */
export const initials = (user: PresenceUser): string =>
  parts(user)
    .map((part) => Array.from(part)[0].toUpperCase())
    .join('');

/** The colour of an admin, the same on every screen. */
export const colorOf = ({ id }: PresenceUser): string => COLORS[id % COLORS.length];
