import { Box, Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';

import type { PresenceEditor } from '../../shared/contracts/presence';
import { Avatar } from '../components/Avatar';
import { useTranslate } from '../utils/translations';
import { fullName } from './names';
import { TypingDots } from './TypingDots';
import { useFieldLabel } from './use-field-label';

/** When they came: the time, with the day if that was another one. */
const Since = ({ joinedAt }: Pick<PresenceEditor, 'joinedAt'>) => {
  const t = useTranslate();
  const intl = useIntl();
  const isToday = new Date(joinedAt).toDateString() === new Date().toDateString();
  const time = isToday
    ? intl.formatTime(joinedAt)
    : intl.formatDate(joinedAt, { dateStyle: 'short', timeStyle: 'short' });
  return (
    <Typography tag="p" variant="pi" textColor="neutral600">
      {t('presence.since', { time })}
    </Typography>
  );
};

/** On two lines at most: the column is narrow, and the field is at the end. */
const TypingText = styled(Typography)`
  display: -webkit-box;
  overflow: hidden;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
`;

const Typing = ({ uid, path }: { uid: string; path: string }) => {
  const t = useTranslate();
  const text = t('presence.typing', { field: useFieldLabel(uid, path) });
  return (
    <TypingText tag="p" variant="pi" textColor="primary600" title={text}>
      <TypingDots />
      {text}
    </TypingText>
  );
};

interface EditorRowProps {
  uid: string;
  editor: PresenceEditor;
  /** The path of the field in which they type. */
  typing: string | undefined;
}

/** Another editor of the document, and what they are at. */
export const EditorRow = ({ uid, editor: { user, joinedAt }, typing }: EditorRowProps) => {
  const t = useTranslate();
  const name = fullName(user) ?? t('presence.unnamed');
  return (
    <Flex tag="li" gap={3} width="100%">
      <Avatar user={user} />
      <Box minWidth={0} flex="1">
        <Typography tag="p" fontWeight="semiBold" textColor="neutral800" title={name} ellipsis>
          {name}
        </Typography>
        {typing === undefined ? <Since joinedAt={joinedAt} /> : <Typing uid={uid} path={typing} />}
      </Box>
    </Flex>
  );
};
