import type { Action } from '../constants';
import type { RowOperation } from './row-operation';

/** What happened to one document in one locale, as its readers see it. */
export interface Change {
  uid: string;
  /** The main action, and `publish` or `unpublish` where that is what happened. */
  actions: Action[];
  /** The row that represents the document now, or did until it went. */
  id: number | string;
  documentId: string | null;
  locale: string | null;
  /**
   * Which version to read. Also for types without draft & publish: it decides which version of
   * the documents they relate to is read with them.
   */
  status: 'draft' | 'published';
  operation: RowOperation;
}

export interface ReduceOptions {
  draftAndPublish: boolean;
  /** Are draft edits kept from readers? */
  onlyPublished: boolean;
}

/** One version (draft or published) of a document in a locale, before and after a write. */
interface Version {
  before: boolean;
  after: boolean;
  /** Did a row appear that is still there? That is what publishing does. */
  appeared: boolean;
  last: RowOperation;
}

/**
 * Strapi writes a version as delete + create, creates and deletes within one transaction, and so
 * on: whether there was a row before is told by each row's first operation, whether there is one
 * after by its last.
 */
function versionOf(operations: RowOperation[]): Version | null {
  if (operations.length === 0) return null;
  const rows = new Map<number | string, { first: RowOperation; last: RowOperation }>();
  for (const operation of operations) {
    const seen = rows.get(operation.id);
    rows.set(operation.id, { first: seen?.first ?? operation, last: operation });
  }
  const all = [...rows.values()];
  const left = all.filter(({ last }) => last.op !== 'delete');
  return {
    before: all.some(({ first }) => first.op !== 'create'),
    after: left.length > 0,
    appeared: left.some(({ first }) => first.op === 'create'),
    last: (left.at(-1) ?? all[all.length - 1]).last,
  };
}

function mainAction(before: boolean, after: boolean): Action | null {
  if (before) return after ? 'update' : 'delete';
  return after ? 'create' : null;
}

function change(version: Version, actions: Action[]): Change {
  const { last } = version;
  return {
    uid: last.uid,
    actions,
    id: last.id,
    documentId: last.documentId,
    locale: last.locale,
    status: last.published ? 'published' : 'draft',
    operation: last,
  };
}

/** Types without draft & publish: the row is the document. */
function reducePlain(operations: RowOperation[]): Change | null {
  const version = versionOf(operations);
  if (version === null) return null;
  const action = mainAction(version.before, version.after);
  // Rows written past the Document Service may lack the date that marks a row as published.
  return action === null ? null : { ...change(version, [action]), status: 'published' };
}

/**
 * The published life of a document: its first publication creates it, the next ones update it,
 * and it is deleted when nothing published is left. With `onlyPublished: false` the document's
 * whole life counts: it exists while it has any version.
 */
function reduceVersions(operations: RowOperation[], onlyPublished: boolean): Change | null {
  const published = versionOf(operations.filter((operation) => operation.published));
  const draft = versionOf(operations.filter((operation) => !operation.published));
  // Unpublishing leaves the draft alone: no draft row was written, or it is still there.
  const draftLeft = draft === null || draft.after;
  const extra: Action[] = [];
  if (published?.appeared === true) extra.push('publish');
  if (published?.before === true && !published.after && draftLeft) extra.push('unpublish');

  if (onlyPublished) {
    if (published === null) return null;
    const action = mainAction(published.before, published.after);
    return action === null ? null : change(published, [action, ...extra]);
  }

  // A published version never comes without its draft, so a draft nobody wrote was there all along.
  const before = published?.before === true || draft === null || draft.before;
  const after = published?.after === true || draftLeft;
  const action = mainAction(before, after);
  const shown = published?.after === true ? published : (draft ?? published);
  if (action === null || shown === null) return null;
  const result = change(shown, [action, ...extra]);
  // Unpublished: readers are left with the draft, which this write did not touch.
  if (after && shown === published && !published.after) result.status = 'draft';
  return result;
}

/** Operations by the document and locale they belong to, in the order in which each was first touched. */
export function groupOperations(operations: readonly RowOperation[]): Map<string, RowOperation[]> {
  const groups = new Map<string, RowOperation[]>();
  for (const operation of operations) {
    // Rows written past the Document Service may lack a document id: each is its own document.
    const document = operation.documentId ?? `row:${operation.id}`;
    const key = JSON.stringify([operation.uid, document, operation.locale]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [operation]);
    else group.push(operation);
  }
  return groups;
}

/** What the operations on one document in one locale amount to; null: nothing its readers would see. */
export function reduceGroup(
  operations: RowOperation[],
  { draftAndPublish, onlyPublished }: ReduceOptions,
): Change | null {
  return draftAndPublish ? reduceVersions(operations, onlyPublished) : reducePlain(operations);
}
