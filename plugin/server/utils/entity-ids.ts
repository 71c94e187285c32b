import type { Strapi } from '../types';
import { Refusal } from './refusal';

/** Row ids are 32-bit integers in every database; longer runs of digits can only be document ids. */
const ROW_ID = /^[1-9]\d{0,9}$/;
const MAX_ROW_ID = 2 ** 31 - 1;

/** A document id may be anything an application made it, within reason. */
const DOCUMENT_ID = /^[^\s\p{Cc}]{1,255}$/u;

/** Row ids whose document is remembered: bounded, as clients name them. */
const MAX_KNOWN = 10_000;

interface Row {
  id: number | string;
  documentId: string | null;
  publishedAt: unknown;
}

const isRowId = (id: string): boolean => ROW_ID.test(id) && Number(id) <= MAX_ROW_ID;

/**
 * Entities have two ids: the documentId, and the number of a row, of which a document has one per
 * version and locale, and a new one with every publication. A document id names all of them; a row
 * never changes its document, so what was found once stays true.
 */
export function createEntityIds(strapi: Strapi) {
  const documents = new Map<string, string>();

  const remember = (uid: string, id: number | string, document: string): void => {
    if (documents.size >= MAX_KNOWN) documents.clear();
    documents.set(`${uid}:${id}`, document);
  };

  const query = async (uid: string, where: object): Promise<Row | null> =>
    (await strapi.db
      .query(uid)
      .findOne({ where, select: ['id', 'documentId', 'publishedAt'] })) as Row | null;

  const byDocument = async (
    uid: string,
    documentId: string,
    publishedOnly: boolean,
  ): Promise<string | undefined> => {
    const published = publishedOnly ? { publishedAt: { $notNull: true } } : {};
    const row = await query(uid, { documentId, ...published });
    return row === null ? undefined : documentId;
  };

  return {
    /** The id as text. Throws a `Refusal`. */
    parse(id: unknown): string {
      const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
      if (typeof text !== 'string' || !DOCUMENT_ID.test(text)) {
        throw new Refusal('Invalid entity id: expected a number or a documentId');
      }
      return text;
    },

    /** The document with this id, if that can be said without asking the database. */
    known(uid: string, id: string): string | undefined {
      return isRowId(id) ? documents.get(`${uid}:${id}`) : id;
    },

    /** After a data transfer rows belong to other documents. */
    forget: (): void => documents.clear(),

    /** The document with this id; undefined if there is none (that is published). */
    async find(
      uid: string,
      id: string,
      { publishedOnly }: { publishedOnly: boolean },
    ): Promise<string | undefined> {
      const row = isRowId(id) ? await query(uid, { id: Number(id) }) : null;
      if (row === null) return byDocument(uid, id, publishedOnly);
      // Rows written past the Document Service may lack a document id: each is its own document.
      const document = row.documentId ?? id;
      remember(uid, id, document);
      if (!publishedOnly || row.publishedAt != null) return document;
      return row.documentId === null ? undefined : byDocument(uid, row.documentId, true);
    },

    /** The ids under which an entity may have been subscribed to. */
    namesOf(uid: string, { id, documentId }: { id?: unknown; documentId?: unknown }): string[] {
      const row = typeof id === 'number' || typeof id === 'string' ? String(id) : null;
      if (typeof documentId !== 'string') return row === null ? [] : [row];
      if (row === null) return [documentId];
      remember(uid, row, documentId);
      return [documentId, row];
    },
  };
}

export type EntityIds = ReturnType<typeof createEntityIds>;
