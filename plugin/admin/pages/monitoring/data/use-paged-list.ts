import { useEffect } from 'react';

import type { MonitoringSource } from './source';
import { type List, type LoadPage, useList } from './use-list';
import { useListQuery } from './use-list-query';

/** What a `ListPanel` needs to show a list and to search it. */
export interface PagedList<Row> {
  list: List<Row>;
  search: string;
  onSearch: (search: string) => void;
  pageSize: number;
}

/**
 * The page of a list that the address asks for. Goes to the last page when the one that is shown is no
 * more: rows come and go. `load` must be the same function every time.
 */
export function usePagedList<Row>(
  source: MonitoringSource | null,
  load: LoadPage<Row>,
): PagedList<Row> {
  const { query, setSearch, setPage } = useListQuery();
  const list = useList(source, load, query);

  const last = list.page?.pagination.pageCount ?? 0;
  const isBeyond = !list.loading && last > 0 && query.page > last;
  useEffect(() => {
    if (isBeyond) setPage(last);
  }, [isBeyond, last, setPage]);

  return { list, search: query.search ?? '', onSearch: setSearch, pageSize: query.pageSize };
}
