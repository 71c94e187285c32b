import { useSyncExternalStore } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';

import { useTranslate } from '../utils/translations';
import { Announcer } from './announcer';
import { EditorList } from './editor-list';
import { StatusLine } from './status-line';
import type { PresenceStore } from './store';
import { useTypingSignal } from './use-typing-signal';

interface PresenceContentProps {
  uid: string;
  store: PresenceStore;
}

/** What the panel shows, live. */
export const PresenceContent = ({ uid, store }: PresenceContentProps) => {
  const t = useTranslate();
  const { phase, joined, others, typing } = useSyncExternalStore(store.subscribe, store.get);
  // Nobody is told while nobody listens.
  useTypingSignal(uid, others.length > 0 ? joined : null);
  return (
    <Flex direction="column" alignItems="stretch" gap={3} width="100%">
      <StatusLine phase={phase} count={others.length} />
      {phase === 'unsaved' && (
        <Typography variant="pi" textColor="neutral600">
          {t('presence.unsaved')}
        </Typography>
      )}
      {others.length > 0 && (
        <Box style={{ opacity: phase === 'live' ? 1 : 0.5 }}>
          <EditorList uid={uid} others={others} typing={typing} />
        </Box>
      )}
      <Announcer others={others} />
    </Flex>
  );
};
