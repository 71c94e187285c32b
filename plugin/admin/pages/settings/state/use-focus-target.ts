import { type RefObject, useEffect, useRef } from 'react';

import { useSettingsPage } from './context';
import type { SettingPath } from './paths';

const FOCUSABLE = 'input, button, [tabindex="0"]';

/** The element around a setting, which takes the focus when the page sends it there. */
export function useFocusTarget<E extends HTMLElement>(path: SettingPath): RefObject<E> {
  const { focusTarget, issues, readOnly } = useSettingsPage();
  const ref = useRef<E>(null);
  useEffect(() => {
    // What is still being saved cannot take it yet.
    if (readOnly || focusTarget.current !== path || ref.current === null) return;
    focusTarget.current = null;
    const controls = [...ref.current.querySelectorAll<HTMLElement>(FOCUSABLE)];
    ref.current.scrollIntoView({ block: 'center' });
    (controls.find((one) => one.id === path) ?? controls[0])?.focus({ preventScroll: true });
  }, [focusTarget, issues, path, readOnly]);
  return ref;
}
