import { useEffect, useRef } from 'react';

import type { RequestError } from './use-error-text';
import { usePageVisible } from './use-page-visible';

interface Options {
  refetchOnMountOrArgChange: boolean;
  skip: boolean;
}

interface Result<Data> {
  data?: Data;
  error?: RequestError;
  refetch: () => unknown;
}

/**
 * The answer to a query that is asked every `interval` milliseconds while somebody can see the page,
 * and at once when they come back to it.
 */
export function usePolled<Data>(
  useQuery: (argument: void, options: Options) => Result<Data>,
  interval: number,
  enabled = true,
): Result<Data> {
  const visible = usePageVisible();
  const result = useQuery(undefined, { refetchOnMountOrArgChange: true, skip: !enabled });

  // Not the query's own `pollingInterval`: in Strapi's store that goes on when it is taken back.
  const { refetch } = result;
  const missed = useRef(false);
  useEffect(() => {
    if (!enabled) return undefined;
    if (!visible) {
      missed.current = true;
      return undefined;
    }
    if (missed.current) refetch();
    missed.current = false;
    const timer = setInterval(refetch, interval);
    return () => clearInterval(timer);
  }, [enabled, visible, refetch, interval]);

  return result;
}
