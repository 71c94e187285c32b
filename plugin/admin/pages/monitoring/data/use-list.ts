import { useEffect, useState } from 'react';

import type { ListRequest } from '../../../../shared/contracts/monitoring';
import { usePageVisible } from '../../../utils/use-page-visible';
import type { Page } from './paginate';
import type { MonitoringSource } from './source';

export interface List<Row> {
  /** What was last received; of the page before while the next one comes. */
  page: Page<Row> | null;
  /** Whether `page` is not yet what is asked for. */
  loading: boolean;
  /** Why the last attempt failed. */
  error: string | null;
  /** Asks again at once. */
  refresh: () => void;
}

/** Asks the source for a page of one of its lists. */
export type LoadPage<Row> = (source: MonitoringSource, query: ListRequest) => Promise<Page<Row>>;

/**
 * Asks the source for a page of a list, and again after each answer while somebody can see it. While
 * there is no source, what was last received stays. `load` must be the same function every time.
 */
export function useList<Row>(
  source: MonitoringSource | null,
  load: LoadPage<Row>,
  { search, page, pageSize }: ListRequest,
): List<Row> {
  const visible = usePageVisible();
  const [state, setState] = useState<{ page: Page<Row> | null; of: string; error: string | null }>({
    page: null,
    of: '',
    error: null,
  });
  const [asked, setAsked] = useState(0);
  const key = JSON.stringify([search, page, pageSize]);

  useEffect(() => {
    if (!visible || source === null) return undefined;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const next = async (): Promise<void> => {
      try {
        const answer = await load(source, { search, page, pageSize });
        if (!stopped) setState({ page: answer, of: key, error: null });
      } catch (error) {
        const { message } = error as Error;
        if (!stopped) setState((last) => ({ ...last, of: key, error: message }));
      }
      if (!stopped) timer = setTimeout(() => void next(), source.every);
    };
    void next();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [source, load, search, page, pageSize, key, visible, asked]);

  return {
    page: state.page,
    loading: state.of !== key,
    error: state.error,
    refresh: () => setAsked((count) => count + 1),
  };
}
