import { useEffect, useRef, useState } from 'react';
import { VisuallyHidden } from '@strapi/design-system';

import type { PresenceEditor } from '../../shared/contracts/presence';
import { useTranslate } from '../utils/translations';
import { fullName } from './names';

interface AnnouncerProps {
  others: PresenceEditor[];
  /** Without a connection nobody is known to have left. */
  live: boolean;
}

/** Tells those who do not see the list who has come and gone. */
export const Announcer = ({ others, live }: AnnouncerProps) => {
  const t = useTranslate();
  const before = useRef(others);
  const [text, setText] = useState('');

  useEffect(() => {
    if (!live) return;
    const missing = (from: PresenceEditor[], where: PresenceEditor[]): string[] =>
      from
        .filter(({ user }) => !where.some((other) => other.user.id === user.id))
        .map(({ user }) => fullName(user) ?? t('presence.unnamed'));
    const news = [
      ...missing(others, before.current).map((name) => t('presence.joined', { name })),
      ...missing(before.current, others).map((name) => t('presence.left', { name })),
    ];
    before.current = others;
    if (news.length > 0) setText(news.join(' '));
  }, [others, live, t]);

  return (
    <VisuallyHidden>
      <span aria-live="polite">{text}</span>
    </VisuallyHidden>
  );
};
