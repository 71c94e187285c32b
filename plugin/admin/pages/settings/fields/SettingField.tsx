import { type ReactNode } from 'react';
import { Box, Field, Flex } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import type { SettingPath } from '../state/paths';
import { useFocusTarget } from '../state/use-focus-target';
import { useIssues } from '../state/use-setting';
import { FieldNote } from './FieldNote';

interface SettingFieldProps {
  path: SettingPath;
  children: ReactNode;
  /** The control stands next to the label, not below it. */
  inline?: boolean;
}

/** Label, hint, lock and errors around the control of a setting. */
export function SettingField({ path, children, inline = false }: SettingFieldProps) {
  const t = useTranslate();
  const issues = useIssues(path);
  const ref = useFocusTarget<HTMLDivElement>(path);
  const error = issues.map(({ message }) => message).join('; ');
  const label = (
    <Flex gap={3} justifyContent={inline ? 'flex-start' : 'space-between'} wrap="wrap">
      <Field.Label>{t(`settings.${path}.label`)}</Field.Label>
      <FieldNote path={path} resettable={!inline} />
    </Flex>
  );
  const texts = (
    <>
      <Field.Error />
      <Field.Hint />
    </>
  );
  return (
    <Field.Root
      ref={ref}
      id={path}
      name={path}
      hint={t(`settings.${path}.hint`)}
      error={error === '' ? undefined : error}
    >
      {inline ? (
        <Flex gap={4} justifyContent="space-between" alignItems="flex-start">
          <Flex direction="column" alignItems="stretch" gap={1} minWidth={0}>
            {label}
            {texts}
          </Flex>
          <Box paddingTop={1}>{children}</Box>
        </Flex>
      ) : (
        <>
          {label}
          {children}
          {texts}
        </>
      )}
    </Field.Root>
  );
}
