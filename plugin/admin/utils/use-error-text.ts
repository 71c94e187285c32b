import { useCallback } from 'react';
import { useAPIErrorHandler } from '@strapi/strapi/admin';

import type { InvalidInput } from '../../shared/contracts/settings';

/** Why a request failed, as RTK Query tells. */
export type RequestError = Parameters<
  ReturnType<typeof useAPIErrorHandler>['_unstableFormatAPIError']
>[0];

/** What the server refused, by path; none if it said something else. */
export function issuesOf(error: RequestError): InvalidInput[] {
  const { details } = error as { details?: { errors?: unknown } };
  return Array.isArray(details?.errors) ? (details.errors as InvalidInput[]) : [];
}

/** What went wrong with a request, in words. */
export function useErrorText(): (error: RequestError) => string {
  const { _unstableFormatAPIError: format } = useAPIErrorHandler();
  return useCallback(
    (error) => {
      // Strapi's own formatter expects the paths of its own validation.
      const issues = issuesOf(error);
      return issues.length > 0 ? issues.map(({ message }) => message).join('; ') : format(error);
    },
    [format],
  );
}
