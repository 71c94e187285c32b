import { useState } from 'react';
import { Flex, TextButton } from '@strapi/design-system';
import { styled } from 'styled-components';

import type { PresenceEditor } from '../../shared/contracts/presence';
import { useTranslate } from '../utils/translations';
import { EditorRow } from './EditorRow';
import type { PresenceState } from './store';

/** As many as there may be do not push away what is below. */
const Rows = styled(Flex).attrs({ direction: 'column', alignItems: 'stretch', gap: 3 })`
  max-height: 36rem;
  overflow-y: auto;
`;

/** More than these are a click away. */
const SHOWN = 5;

interface EditorListProps extends Pick<PresenceState, 'others' | 'typing'> {
  uid: string;
}

/** The other editors, in the order in which they came; where not all are shown, typing ones first. */
export const EditorList = ({ uid, others, typing }: EditorListProps) => {
  const t = useTranslate();
  const [isOpen, setIsOpen] = useState(false);
  const isTyping = ({ user }: PresenceEditor) => typing[user.id] !== undefined;
  const byUrgency = [...others.filter(isTyping), ...others.filter((editor) => !isTyping(editor))];
  const hidden = others.length - SHOWN;
  const rows = isOpen || hidden <= 0 ? others : byUrgency.slice(0, SHOWN);
  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      <Rows tag="ul" aria-label={t('presence.editors')}>
        {rows.map((editor) => (
          <EditorRow
            key={editor.user.id}
            uid={uid}
            editor={editor}
            typing={typing[editor.user.id]}
          />
        ))}
      </Rows>
      {hidden > 0 && (
        <TextButton onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? t('presence.less') : t('presence.more', { count: hidden })}
        </TextButton>
      )}
    </Flex>
  );
};
