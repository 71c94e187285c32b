import type { ContentTypeSettings } from '../../../../shared/settings';

export const ACTIONS = ['create', 'update', 'delete', 'publish', 'unpublish'] as const;

/** Those that can be kept from a role. */
export const ROLE_ACTIONS = ['create', 'update', 'delete'] as const;

export type Action = keyof ContentTypeSettings;

export type Cells<A extends Action> = Record<A, boolean>;

/** A content type in the table. */
export interface Row<A extends Action> {
  uid: string;
  name: string;
  cells: Cells<A>;
  /** Actions it does not have. */
  missing: readonly A[];
  /** config/plugins decides. */
  locked: boolean;
  /** The settings name it, but the application has it no more. */
  gone: boolean;
}
