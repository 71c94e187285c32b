import type { PresenceUser } from '../../shared/contracts/presence';

/** The name of an admin, as far as they have one. */
export const nameOf = ({ firstname, lastname }: PresenceUser): string =>
  [firstname, lastname].filter(Boolean).join(' ');

/** For where there is no picture. */
export const initialsOf = (user: PresenceUser): string =>
  [user.firstname, user.lastname]
    .map((part) => [...(part ?? '')][0] ?? '')
    .join('')
    .toUpperCase() || '?';
