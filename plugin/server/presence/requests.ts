import type { PresenceDocument } from '../../shared/contracts/presence';
import type { Strapi } from '../types';
import { findContentType } from '../utils/content-type';
import { isObject } from '../utils/is-object';
import { Refusal } from '../utils/refusal';

/** What a client says about a document. */
export interface DocumentRequest {
  uid: string;
  /** null: not given, which single types allow. */
  documentId: string | null;
}

/** `{ uid, documentId }`, with a uid that exists. */
export function parseDocument(strapi: Strapi, payload: unknown): DocumentRequest {
  if (!isObject(payload)) throw new Refusal('Expected an object { uid, documentId }');
  const { uid, documentId } = payload;
  if (typeof uid !== 'string' || uid === '') {
    throw new Refusal('uid must be the uid of a content type');
  }
  const contentType = findContentType(strapi, uid);
  if (contentType === undefined) throw new Refusal('uid is not a content type');
  if (documentId == null && contentType.kind === 'singleType') return { uid, documentId: null };
  if (typeof documentId !== 'string' || documentId === '') {
    throw new Refusal('documentId must be a document id');
  }
  return { uid, documentId };
}

/** The name of a field, or null if typing has stopped. */
export function parseFieldName(payload: unknown): string | null {
  const fieldName = isObject(payload) ? payload.fieldName : undefined;
  if (fieldName === null) return null;
  if (typeof fieldName !== 'string' || fieldName === '') {
    throw new Refusal('fieldName must be the name of a field, or null');
  }
  return fieldName;
}

/** The entry of a single type has one id, but admins who create it do not know it yet. */
export async function resolveDocument(
  strapi: Strapi,
  { uid, documentId }: DocumentRequest,
): Promise<PresenceDocument> {
  if (documentId !== null) return { uid, documentId };
  const entry = (await strapi.db
    .query(uid)
    .findOne({ select: ['documentId'] })) as PresenceDocument | null;
  return { uid, documentId: entry?.documentId ?? null };
}
