import type { ListRequest, Pagination } from '../../../../shared/contracts/monitoring';

export interface Page<Row> {
  rows: Row[];
  pagination: Pagination;
}

/** The rows of which a text contains the search, in any case; of these, one page. */
export function paginate<Row>(
  all: Row[],
  { search = '', page, pageSize }: ListRequest,
  texts: (row: Row) => string[],
): Page<Row> {
  const sought = search.toLowerCase();
  const found = all.filter((row) => texts(row).some((text) => text.toLowerCase().includes(sought)));
  return {
    rows: found.slice((page - 1) * pageSize, page * pageSize),
    pagination: {
      page,
      pageSize,
      pageCount: Math.ceil(found.length / pageSize),
      total: found.length,
    },
  };
}
