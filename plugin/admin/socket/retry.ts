/** When to try again. */
import { isFetchError } from '@strapi/strapi/admin';

const FIRST_DELAY = 1_000;
const MAX_DELAY = 15_000;

/** After a refusal that only somebody's doing can change: a login, a permission, a setting. */
const REFUSED_DELAY = 5 * 60_000;

/** So that the tabs and browsers which lost a server do not come back in one moment. */
const jitter = (ms: number): number => ms * (1 + Math.random() * 0.3);

/** The wait before attempt number `attempt`, counted from 0. */
export const backoff = (attempt: number): number =>
  jitter(Math.min(FIRST_DELAY * 2 ** attempt, MAX_DELAY));

/** The wait that a failed request asks for; null if it says nothing about it. */
export function retryDelay(error: unknown): number | null {
  if (!isFetchError(error)) return null;
  const { status, response } = error;
  if (status === 429) {
    const details = response?.data?.error?.details as { retryAfter?: unknown } | undefined;
    return typeof details?.retryAfter === 'number' ? details.retryAfter + 250 : MAX_DELAY;
  }
  return status !== undefined && status >= 400 && status < 500 ? jitter(REFUSED_DELAY) : null;
}
