import { getFetchClient } from '@strapi/strapi/admin';

import type { PresenceSession } from '../../shared/contracts/presence';

/** Other tabs wait for the answer. */
const TIMEOUT = 15_000;

/**
 * Asks for a session token. Strapi's client renews the login first if it has to, and throws a
 * `FetchError` for an answer that is none.
 */
export async function requestSession(): Promise<PresenceSession> {
  const { data } = await getFetchClient().post<PresenceSession>('/io/presence/session', undefined, {
    signal: AbortSignal.timeout(TIMEOUT),
  });
  return data;
}
