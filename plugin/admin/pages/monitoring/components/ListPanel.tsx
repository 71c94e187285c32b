import { type ReactNode, useId } from 'react';
import {
  Box,
  Button,
  EmptyStateLayout,
  Flex,
  Loader,
  Table,
  Tbody,
  Th,
  Thead,
  Tr,
  Typography,
  VisuallyHidden,
} from '@strapi/design-system';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Pagination } from '@strapi/strapi/admin';
import { styled } from 'styled-components';

import { useTranslate } from '../../../utils/translations';
import type { PagedList } from '../data/use-paged-list';
import { SearchField } from './SearchField';

/** What is listed may change every other second: digits keep their place, old rows fade. Less
 *  padding than usual, as there are many columns. */
const Body = styled(Box)<{ $stale: boolean }>`
  font-variant-numeric: tabular-nums;
  opacity: ${({ $stale }) => ($stale ? 0.6 : 1)};

  && th,
  && td {
    padding-inline: ${({ theme }) => theme.spaces[2]};
  }
`;

/** Fit on a page of any size: nothing to choose. */
const FEW = 10;

export interface Column {
  label: string;
  /** Has no heading to be seen. */
  hidden?: boolean;
}

interface ListPanelProps<Row> extends PagedList<Row> {
  /** What is listed, for those who do not see it. */
  label: string;
  searchLabel: string;
  /** Beside the search. */
  note?: string;
  columns: Column[];
  renderRow: (row: Row) => ReactNode;
  /** Said when there is nothing, as opposed to nothing that is sought. */
  empty: string;
}

/** A table of what the server finds, with search and pages. */
export function ListPanel<Row>({
  label,
  searchLabel,
  search,
  onSearch,
  note,
  columns,
  list,
  pageSize,
  renderRow,
  empty,
}: ListPanelProps<Row>) {
  const t = useTranslate();
  const countId = useId();
  const { page, loading, error, refresh } = list;
  const total = page?.pagination.total ?? 0;

  const state = () => {
    if (page === null && error === null) {
      return (
        <Flex justifyContent="center" padding={8} minHeight="20rem">
          <Loader>{t('monitoring.loading')}</Loader>
        </Flex>
      );
    }
    if (page === null || total === 0) {
      const content = error ?? (search === '' ? empty : t('monitoring.list.noMatch', { search }));
      return (
        <EmptyStateLayout
          icon={<EmptyDocuments width="16rem" />}
          content={content}
          action={error !== null && <Retry onClick={refresh} />}
        />
      );
    }
    return (
      <Table colCount={columns.length} rowCount={page.rows.length + 1} aria-label={label}>
        <Thead>
          <Tr>
            {columns.map(({ label, hidden }) => (
              <Th key={label}>
                {hidden ? (
                  <VisuallyHidden>{label}</VisuallyHidden>
                ) : (
                  <Typography variant="sigma">{label}</Typography>
                )}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>{page.rows.map(renderRow)}</Tbody>
      </Table>
    );
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={4} paddingTop={4}>
      <Flex justifyContent="space-between" wrap="wrap" gap={3}>
        <SearchField label={searchLabel} value={search} onChange={onSearch} />
        <Typography
          id={countId}
          variant="pi"
          textColor="neutral600"
          // Said for a search; who comes and goes meanwhile would never end.
          aria-live={search === '' ? 'off' : 'polite'}
        >
          {page !== null && t('monitoring.list.count', { total })}
        </Typography>
      </Flex>
      {note && (
        <Typography variant="pi" textColor="neutral600">
          {note}
        </Typography>
      )}
      {error !== null && page !== null && total > 0 && (
        <Flex gap={3} wrap="wrap">
          <Typography role="alert" textColor="danger600">
            {error}
          </Typography>
          <Retry onClick={refresh} />
        </Flex>
      )}
      <Body $stale={loading && page !== null} aria-busy={loading} aria-describedby={countId}>
        {state()}
      </Body>
      {page !== null && total > FEW && (
        <Pagination.Root
          defaultPageSize={pageSize}
          pageCount={page.pagination.pageCount}
          total={total}
        >
          <Pagination.PageSize />
          <Pagination.Links />
        </Pagination.Root>
      )}
    </Flex>
  );
}

const Retry = ({ onClick }: { onClick: () => void }) => {
  const t = useTranslate();
  return (
    <Button variant="secondary" onClick={onClick}>
      {t('monitoring.retry')}
    </Button>
  );
};
