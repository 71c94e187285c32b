import { useState } from 'react';
import { Box, Button, Combobox, ComboboxOption, Field, Flex } from '@strapi/design-system';
import { Plus } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';

interface AddEventNameProps {
  /** Events that can be picked; others can be typed. */
  known: readonly string[];
  disabled: boolean;
  onAdd: (event: string, name: string) => void;
}

/** An event and the name it is to be sent under. */
export function AddEventName({ known, disabled, onAdd }: AddEventNameProps) {
  const t = useTranslate();
  const [event, setEvent] = useState('');
  const [name, setName] = useState('');
  const complete = event.trim() !== '' && name.trim() !== '';

  const add = (): void => {
    if (!complete) return;
    onAdd(event.trim(), name.trim());
    setEvent('');
    setName('');
  };

  return (
    <Flex gap={3} alignItems="flex-end" wrap="wrap">
      <Box flex="1 1 18rem" minWidth={0}>
        <Field.Root name="customEvent">
          <Field.Label>{t('settings.eventNames.event')}</Field.Label>
          <Combobox
            allowCustomValue
            autocomplete={{ type: 'list', filter: 'contains' }}
            value={event}
            textValue={event}
            onTextValueChange={(text) => setEvent(text ?? '')}
            onChange={(picked?: string) => picked && setEvent(picked)}
            placeholder={t('settings.example', { example: 'article:create' })}
            noOptionsMessage={() => t('settings.search.none')}
            disabled={disabled}
          >
            {known.map((one) => (
              <ComboboxOption key={one} value={one}>
                {one}
              </ComboboxOption>
            ))}
          </Combobox>
        </Field.Root>
      </Box>
      <Box flex="1 1 18rem" minWidth={0}>
        <Field.Root name="customEventName">
          <Field.Label>{t('settings.eventNames.name')}</Field.Label>
          <Field.Input
            value={name}
            onChange={(change) => setName(change.target.value)}
            onKeyDown={(press) => press.key === 'Enter' && add()}
            placeholder={t('settings.example', { example: 'news' })}
            disabled={disabled}
            autoComplete="off"
            spellCheck={false}
          />
        </Field.Root>
      </Box>
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
