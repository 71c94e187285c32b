import { type ReactNode } from 'react';
import { Flex, Typography } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import type { SettingPath } from '../state/paths';
import { useFocusTarget } from '../state/use-focus-target';
import { useIssues } from '../state/use-setting';
import { FieldNote } from './FieldNote';

interface GroupFieldProps {
  path: SettingPath;
  children: ReactNode;
  /** Shows label and hint; not where a card has them as its own. */
  titled?: boolean;
}

/** Around a setting of many controls: its name, and what the server said about any of them. */
export function GroupField({ path, children, titled = false }: GroupFieldProps) {
  const t = useTranslate();
  const issues = useIssues(path);
  const ref = useFocusTarget<HTMLDivElement>(path);
  const label = t(`settings.${path}.label`);
  return (
    <Flex
      ref={ref}
      id={path}
      role="group"
      tabIndex={-1}
      aria-label={label}
      direction="column"
      alignItems="stretch"
      gap={5}
    >
      {titled && (
        <Flex direction="column" alignItems="stretch" gap={1}>
          <Flex gap={3} justifyContent="space-between" wrap="wrap">
            <Typography variant="pi" fontWeight="bold" tag="h3">
              {label}
            </Typography>
            <FieldNote path={path} />
          </Flex>
          <Typography variant="pi" textColor="neutral600" tag="p">
            {t(`settings.${path}.hint`)}
          </Typography>
        </Flex>
      )}
      {issues.map(({ path: place, message }) => (
        <Typography key={`${place} ${message}`} variant="pi" textColor="danger600" role="alert">
          {place === path ? message : `${place.slice(path.length + 1)}: ${message}`}
        </Typography>
      ))}
      {children}
    </Flex>
  );
}
