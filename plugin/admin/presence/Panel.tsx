import { type ReactNode, useMemo, useState, useSyncExternalStore } from 'react';
import { useParams } from 'react-router-dom';

import { useTranslate } from '../utils/translations';
import { PresenceContent } from './Content';
import { createPresenceStore } from './store';
import { usePresence } from './use-presence';

/** What the Content Manager tells a side panel of its edit view. */
export interface PanelProps {
  model: string;
  collectionType: string;
  documentId?: string;
  document?: { documentId?: string };
}

/** The id of the document on the page; undefined while it is not saved. */
function useDocumentId({ collectionType, documentId, document }: PanelProps): string | undefined {
  const { origin } = useParams();
  // Its path has none.
  if (collectionType === 'single-types') return document?.documentId;
  // A copy in the making has the path of its original.
  return origin === undefined ? documentId : undefined;
}

/**
 * Who else has the entry open. Strapi takes the result of a panel with delay, and compares it deeply:
 * what changes goes to `content` through a store, and the element stays the same.
 */
export function PresencePanel(props: PanelProps): { title: string; content: ReactNode } | null {
  const t = useTranslate();
  const documentId = useDocumentId(props);
  const [store] = useState(createPresenceStore);
  usePresence(props.model, documentId, store);
  const isHidden = useSyncExternalStore(store.subscribe, () => store.get().phase === 'hidden');
  const content = useMemo(
    () => <PresenceContent uid={props.model} store={store} />,
    [props.model, store],
  );
  return isHidden ? null : { title: t('presence.title'), content };
}
