import type { ReactNode } from 'react';
import { Box, Button, Field, Flex } from '@strapi/design-system';
import { Plus } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';

interface AddEntryProps {
  name: string;
  label: string;
  /** What one might type. */
  example: string;
  value: string;
  onChange: (value: string) => void;
  disabled: boolean;
  /** Whether what is typed can be added as it is. */
  complete: boolean;
  onAdd: () => void;
  /** What is asked for before. */
  children?: ReactNode;
}

/** One of the things that are asked for in a row; they share its width. */
export const EntryCell = ({ children }: { children: ReactNode }) => (
  <Box flex="1 1 18rem" minWidth={0}>
    {children}
  </Box>
);

/** A text to type, and a button that adds it; Enter does, too. */
export function AddEntry(props: AddEntryProps) {
  const { name, label, example, value, onChange, disabled, complete, onAdd, children } = props;
  const t = useTranslate();
  const add = (): void => {
    if (complete) onAdd();
  };
  return (
    <Flex gap={3} alignItems="flex-end" wrap="wrap">
      {children}
      <EntryCell>
        <Field.Root name={name}>
          <Field.Label>{label}</Field.Label>
          <Field.Input
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && add()}
            placeholder={t('settings.example', { example })}
            disabled={disabled}
            autoComplete="off"
            spellCheck={false}
          />
        </Field.Root>
      </EntryCell>
      <Button
        type="button"
        variant="secondary"
        size="L"
        startIcon={<Plus />}
        disabled={disabled || !complete}
        onClick={add}
      >
        {t('settings.list.add')}
      </Button>
    </Flex>
  );
}
