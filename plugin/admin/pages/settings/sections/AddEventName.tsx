import { useState } from 'react';
import { Combobox, ComboboxOption, Field } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { AddEntry, EntryCell } from '../fields/AddEntry';

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

  const add = (): void => {
    onAdd(event.trim(), name.trim());
    setEvent('');
    setName('');
  };

  return (
    <AddEntry
      name="customEventName"
      label={t('settings.eventNames.name')}
      example="news"
      value={name}
      onChange={setName}
      disabled={disabled}
      complete={event.trim() !== '' && name.trim() !== ''}
      onAdd={add}
    >
      <EntryCell>
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
      </EntryCell>
    </AddEntry>
  );
}
