import { useSyncExternalStore } from 'react';
import { Box, Flex } from '@strapi/design-system';
import { styled } from 'styled-components';

import { Announcer } from './Announcer';
import { EditorList } from './EditorList';
import { StatusLine } from './StatusLine';
import type { PresenceStore } from './store';
import { useTypingSignal } from './use-typing-signal';

/** As wide as there is room, and no wider for a long name: the drawer of narrow windows would scroll. */
const Content = styled(Flex).attrs({ direction: 'column', alignItems: 'stretch', gap: 3 })`
  width: 0;
  min-width: 100%;
`;

interface PresenceContentProps {
  uid: string;
  store: PresenceStore;
}

/** What the panel shows, live. */
export const PresenceContent = ({ uid, store }: PresenceContentProps) => {
  const { phase, joined, others, typing } = useSyncExternalStore(store.subscribe, store.get);
  // Nobody is told while nobody listens.
  useTypingSignal(uid, others.length > 0 ? joined : null);
  if (phase === 'hidden') return null;
  return (
    <Content>
      <StatusLine phase={phase} count={others.length} />
      {others.length > 0 && (
        <Box style={{ opacity: phase === 'live' ? 1 : 0.5 }}>
          <EditorList uid={uid} others={others} typing={typing} />
        </Box>
      )}
      <Announcer others={others} live={phase === 'live'} />
    </Content>
  );
};
