import { useCallback } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';

import { type Section, SECTIONS } from './paths';

/** The section that is shown, kept in the address: `#security`. */
export function useSection(): [Section, (section: Section) => void] {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const setSection = useCallback(
    (section: Section) => navigate({ hash: section }, { replace: true }),
    [navigate],
  );
  return [SECTIONS.find((section) => `#${section}` === hash) ?? SECTIONS[0], setSection];
}
