import type { PresenceUser } from '../../shared/contracts/presence';

/** Pairs of theme tokens that are legible on each other in both themes. */
const COLORS = ['primary', 'success', 'alternative', 'warning', 'secondary', 'danger'] as const;

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
export function colorOf({ id }: PresenceUser): { background: string; text: string } {
  const name = COLORS[id % COLORS.length];
  return { background: `${name}100`, text: `${name}700` };
}
