import type { Strapi } from '../types';
import { inChunks } from './in-chunks';
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

  /** Some of the rows of a type. */
  const rowsOf = async (
    uid: string,
    field: 'id' | 'documentId',
    values: Array<number | string>,
    publishedOnly: boolean,
  ): Promise<Row[]> =>
    (await inChunks(values, (some) =>
      strapi.db.query(uid).findMany({
        where: {
          [field]: { $in: some },
          ...(publishedOnly ? { publishedAt: { $notNull: true } } : {}),
        },
        select: ['id', 'documentId', 'publishedAt'],
      }),
    )) as Row[];

  /** The documents with these ids, of those that exist (and are published); two queries at most. */
  const findMany = async (
    uid: string,
    wanted: readonly string[],
    publishedOnly: boolean,
  ): Promise<Map<string, string>> => {
    const rowIds = wanted.filter(isRowId).map(Number);
    const rows = rowIds.length === 0 ? [] : await rowsOf(uid, 'id', rowIds, false);
    const byRow = new Map(rows.map((row) => [String(row.id), row]));
    const found = new Map<string, string>();
    /** By document, the ids that may name it. */
    const asked = new Map<string, string[]>();
    for (const id of wanted) {
      const row = byRow.get(id);
      // Rows written past the Document Service may lack a document id: each is its own document.
      const document = row?.documentId ?? id;
      if (row !== undefined) remember(uid, row.id, document);
      if (row !== undefined && (!publishedOnly || row.publishedAt != null)) found.set(id, document);
      else if (row === undefined || row.documentId !== null) {
        asked.set(document, [...(asked.get(document) ?? []), id]);
      }
    }
    const documents =
      asked.size === 0 ? [] : await rowsOf(uid, 'documentId', [...asked.keys()], publishedOnly);
    for (const { documentId } of documents) {
      if (documentId === null) continue;
      for (const id of asked.get(documentId) ?? []) found.set(id, documentId);
    }
    return found;
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

    /** The document of a row, if that can be said without asking the database. */
    knownRow: (uid: string, id: string): string | undefined =>
      isRowId(id) ? documents.get(`${uid}:${id}`) : undefined,

    /** After a data transfer rows belong to other documents. */
    forget: (): void => documents.clear(),

    findMany,

    /** The document with this id; undefined if there is none (that is published). */
    async find(
      uid: string,
      id: string,
      { publishedOnly }: { publishedOnly: boolean },
    ): Promise<string | undefined> {
      return (await findMany(uid, [id], publishedOnly)).get(id);
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
