import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';

import type { ListRequest } from '../../../../shared/contracts/monitoring';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

const positive = (text: string | null, fallback: number): number => {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : fallback;
};

/** What the address asks of the list that is shown: page, size (as Strapi's pagination sets them), search. */
export function useListQuery() {
  const [params, setParams] = useSearchParams();
  const search = params.get('_q') ?? '';

  const update = useCallback(
    (changes: Record<string, string>, replace: boolean) =>
      setParams(
        (previous) => {
          const next = new URLSearchParams(previous);
          for (const [name, value] of Object.entries(changes)) {
            if (value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace },
      ),
    [setParams],
  );

  const query: ListRequest = {
    ...(search !== '' && { search }),
    page: positive(params.get('page'), 1),
    pageSize: Math.min(positive(params.get('pageSize'), DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE),
  };
  return {
    query,
    tab: params.get('tab'),
    setSearch: useCallback((text: string) => update({ _q: text, page: '' }, true), [update]),
    setPage: useCallback((page: number) => update({ page: String(page) }, true), [update]),
    /** Another tab has another list: nothing of this one's search is meant for it. */
    setTab: useCallback((tab: string) => update({ tab, _q: '', page: '' }, false), [update]),
  };
}
