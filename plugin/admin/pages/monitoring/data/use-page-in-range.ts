import { useEffect } from 'react';

import type { List } from './use-list';

/** Goes to the last page when the one that is shown is no more: rows come and go. */
export function usePageInRange<Row>(
  { page, loading }: List<Row>,
  shown: number,
  setPage: (page: number) => void,
): void {
  const last = page?.pagination.pageCount ?? 0;
  useEffect(() => {
    if (!loading && last > 0 && shown > last) setPage(last);
  }, [loading, last, shown, setPage]);
}
