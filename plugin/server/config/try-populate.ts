/** Finds what Strapi itself refuses to populate: fields, filters, components and options that do not exist. */
import type { UID } from '@strapi/strapi';

import type { Populate, Strapi } from '../types';
import { describeError } from '../utils/to-error';
import type { CheckedPopulate } from './populate';

/** No document has this id: Strapi checks the query, and has nothing to read. */
const NONE = { documentId: '-' };

/** The parts that can be taken away one by one. */
const partsOf = (populate: Populate | undefined): Array<[name: string, part: Populate]> => {
  if (Array.isArray(populate)) return populate.map((name) => [name, [name]]);
  if (typeof populate !== 'object') return [];
  return Object.entries(populate).map(([name, value]) => [name, { [name]: value }]);
};

const join = (parts: readonly Populate[]): Populate =>
  parts.every(Array.isArray) ? parts.flat() : (Object.assign({}, ...parts) as Populate);

export async function tryPopulate(
  strapi: Strapi,
  place: string,
  uid: string,
  populate: Populate | undefined,
): Promise<CheckedPopulate> {
  const refusal = async (part?: Populate): Promise<string | null> => {
    const params = { filters: NONE, ...(part === undefined ? {} : { populate: part }) };
    try {
      await strapi.documents(uid as UID.ContentType).findMany(params as never);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : describeError(error);
    }
  };

  const parts = partsOf(populate);
  const isFine = parts.length === 0 || (await refusal(populate)) === null;
  // If nothing can be read, the populate is not to blame.
  if (isFine || (await refusal()) !== null) return { populate, problems: [] };

  const kept: Populate[] = [];
  const problems: CheckedPopulate['problems'] = [];
  for (const [name, part] of parts) {
    const reason = await refusal(part);
    if (reason === null) kept.push(part);
    else {
      const message = `${place} ${JSON.stringify(name)} cannot be populated: ${reason}; it is skipped`;
      problems.push({ path: place, message });
    }
  }
  return { populate: join(kept), problems };
}
