import { useCallback, useEffect, useRef } from 'react';
import { unstable_useDocumentLayout as useDocumentLayout, useForm } from '@strapi/strapi/admin';

import { changedPath } from './changed-path';
import { findField } from './fields';
import type { Joined } from './store';

/** The others are told of the same field again after that: the server forgets it in a few seconds. */
const INTERVAL = 2_000;

/** Nobody types who has changed nothing for so long. */
const PAUSE = 3_000;

/** The name of the input that has the focus: most fields give theirs the path they have in the form. */
const focusedName = (): string | null => {
  const element = document.activeElement;
  if (element === null || !/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) return null;
  return element.getAttribute('name');
};

/**
 * Tells the other editors in which field this admin types, judging by the values of the form, which
 * all kinds of fields change. Tells nothing without `joined`.
 */
export function useTypingSignal(uid: string, joined: Joined | null): void {
  const { edit } = useDocumentLayout(uid);
  const values = useForm('useTypingSignal', (form) => form.values);
  const isModified = useForm('useTypingSignal', (form) => form.modified);
  const before = useRef<object>(values);
  const told = useRef<{ fieldName: string; at: number } | null>(null);
  const pause = useRef<ReturnType<typeof setTimeout>>();

  const stop = useCallback(() => {
    clearTimeout(pause.current);
    if (told.current === null) return;
    told.current = null;
    if (joined?.socket.connected) {
      joined.socket.emit('presence:typing', { ...joined.document, fieldName: null });
    }
  }, [joined]);

  useEffect(() => {
    const path = changedPath(before.current, values);
    before.current = values;
    // Saved, or loaded again: that was nobody's typing.
    if (path === null || joined === null || !isModified) return;
    const fieldName = findField(uid, edit, values, path)?.path;
    if (fieldName === undefined) return;
    // One field may change with another, as a UID does with the title it is made of.
    const focused = focusedName();
    const isElsewhere = focused !== null && focused !== fieldName;
    if (isElsewhere && findField(uid, edit, values, focused)?.path === focused) return;
    clearTimeout(pause.current);
    pause.current = setTimeout(stop, PAUSE);
    const { current } = told;
    if (current?.fieldName === fieldName && Date.now() - current.at < INTERVAL) return;
    told.current = { fieldName, at: Date.now() };
    joined.socket.emit('presence:typing', { ...joined.document, fieldName });
  }, [edit, isModified, joined, stop, uid, values]);

  useEffect(() => {
    document.addEventListener('focusout', stop);
    return () => {
      document.removeEventListener('focusout', stop);
      stop();
    };
  }, [stop]);
}
