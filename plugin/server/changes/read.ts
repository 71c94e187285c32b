import type { UID } from '@strapi/strapi';

import type { Entity, Strapi } from '../types';
import { findContentType, isLocalized } from '../utils/content-type';
import type { Change } from './reduce';

type PopulateOf = (uid: string) => unknown;

/** Attributes that an entity has without anything being populated. */
function scalarsOf(row: Entity, attributes: Record<string, { type: string }>): Entity {
  const nested = new Set(['relation', 'media', 'component', 'dynamiczone']);
  return Object.fromEntries(
    Object.entries(row).filter(([key]) => !nested.has(attributes[key]?.type)),
  );
}

/** Changes whose documents one query can read: of one type, version and locale. */
function groupByQuery(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const { uid, status, locale, documentId } = change;
    const key = JSON.stringify([uid, status, locale, documentId === null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()];
}

/**
 * Reads changed documents as the REST API would return them, populated as configured, with one
 * query for all that can share one.
 */
export function createReader(strapi: Strapi, populateOf: PopulateOf) {
  const find = async (changes: readonly Change[]): Promise<Entity[]> => {
    const [{ uid, status, locale, documentId }] = changes;
    if (documentId === null) {
      const ids = changes.map(({ operation }) => operation.id);
      return (await strapi.db.query(uid).findMany({ where: { id: { $in: ids } } })) as Entity[];
    }
    const type = findContentType(strapi, uid);
    const populate = populateOf(uid);
    const params = {
      filters: { documentId: { $in: changes.map((change) => change.documentId) } },
      status,
      ...(type !== undefined && isLocalized(type) && locale !== null ? { locale } : {}),
      ...(populate === undefined ? {} : { populate: populate === true ? '*' : populate }),
    };
    return strapi.documents(uid as UID.ContentType).findMany(params as never);
  };

  /**
   * The entity of each change. If it is gone already (its deletion follows), then what the write
   * itself left.
   */
  return async (changes: readonly Change[]): Promise<Map<Change, Entity>> => {
    const entities = new Map<Change, Entity>();
    for (const group of groupByQuery(changes)) {
      const key = group[0].documentId === null ? 'id' : 'documentId';
      const found = new Map((await find(group)).map((entity) => [entity[key], entity]));
      for (const change of group) {
        const entity = found.get(key === 'id' ? change.operation.id : change.documentId);
        const attributes = findContentType(strapi, change.uid)?.attributes ?? {};
        entities.set(change, entity ?? scalarsOf(change.operation.row, attributes));
      }
    }
    return entities;
  };
}
