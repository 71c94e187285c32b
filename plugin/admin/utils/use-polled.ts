import { useEffect, useRef } from 'react';

import { usePageVisible } from './use-page-visible';

interface Options {
  pollingInterval: number;
  refetchOnMountOrArgChange: boolean;
  skip: boolean;
}

interface Result<Data> {
  data?: Data;
  error?: unknown;
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
  const result = useQuery(undefined, {
    pollingInterval: visible ? interval : 0,
    refetchOnMountOrArgChange: true,
    skip: !enabled,
  });

  const { refetch } = result;
  const wasVisible = useRef(visible);
  useEffect(() => {
    if (enabled && visible && !wasVisible.current) refetch();
    wasVisible.current = visible;
  }, [enabled, visible, refetch]);

  return result;
}
