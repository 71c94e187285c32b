import type { Entity } from '../types';

/** One row of a watched content type written by Strapi's database layer. */
export interface RowOperation {
  op: 'create' | 'update' | 'delete';
  uid: string;
  id: number | string;
  documentId: string | null;
  locale: string | null;
  /** Whether the row is (create, update) or was (delete) a published version. */
  published: boolean;
  /** The row as the write left or found it; perhaps with some of its fields only. */
  row: Entity;
}

/** One row that changed sides: what it was is gone, what it is now is new. */
export function changedSides(operation: RowOperation): RowOperation[] {
  return [
    { ...operation, op: 'delete', published: !operation.published },
    { ...operation, op: 'create' },
  ];
}
