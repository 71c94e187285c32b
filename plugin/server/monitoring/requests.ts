import type { ListRequest, Pagination } from '../../shared/contracts/monitoring';
import { isObject } from '../utils/is-object';
import { Refusal } from '../utils/refusal';

const MAX_SEARCH = 200;
const MAX_PAGE = 1_000_000;
const MAX_PAGE_SIZE = 100;

const wholeNumber = (name: string, value: unknown, max: number): number => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw new Refusal(`${name} must be a whole number from 1 to ${max}`);
  }
  return value;
};

/** What to list, as a client asks for it. Throws a `Refusal`. */
export function parseList(payload: unknown): Required<ListRequest> {
  if (!isObject(payload)) {
    throw new Refusal('Expected an object { search, page, pageSize }');
  }
  const { search = '', page, pageSize } = payload;
  if (typeof search !== 'string' || search.length > MAX_SEARCH) {
    throw new Refusal(`search must be text of at most ${MAX_SEARCH} characters`);
  }
  return {
    search: search.trim(),
    page: wholeNumber('page', page, MAX_PAGE),
    pageSize: wholeNumber('pageSize', pageSize, MAX_PAGE_SIZE),
  };
}

export const paginate = (
  { page, pageSize }: Pick<ListRequest, 'page' | 'pageSize'>,
  total: number,
): Pagination => ({ page, pageSize, pageCount: Math.ceil(total / pageSize), total });
