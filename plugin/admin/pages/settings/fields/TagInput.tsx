import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from 'react';
import { Field, Flex, IconButton } from '@strapi/design-system';
import { Plus } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';
import { Chips } from './Chips';

interface TagInputProps {
  values: readonly string[];
  onChange: (values: string[]) => void;
  /** A value as it could be. */
  example: string;
  wrong?: ReadonlySet<number>;
  disabled: boolean;
}

const SEPARATORS = /[\s,;]+/;

/** A list of words: typed or pasted, added by Enter or a comma, taken back by Backspace. */
export function TagInput({ values, onChange, example, wrong, disabled }: TagInputProps) {
  const t = useTranslate();
  const [draft, setDraft] = useState('');
  const ref = useRef<HTMLInputElement>(null);

  const add = (text: string): void => {
    const added = text.split(SEPARATORS).filter((word) => word !== '');
    setDraft('');
    if (added.some((word) => !values.includes(word))) onChange([...new Set([...values, ...added])]);
  };

  const remove = (index: number): void => {
    onChange(values.filter((_, other) => other !== index));
    ref.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    // Not yet a word: an input method is still composing it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' || event.key === ',') {
      // A comma ends a word and is none.
      event.preventDefault();
      add(draft);
    } else if (event.key === 'Backspace' && draft === '' && values.length > 0) {
      remove(values.length - 1);
    }
  };

  const onPaste = (event: ClipboardEvent<HTMLInputElement>): void => {
    const text = event.clipboardData.getData('text');
    if (!SEPARATORS.test(text.trim())) return;
    event.preventDefault();
    add(`${draft}${text}`);
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={2} paddingBottom={values.length > 0 ? 1 : 0}>
      <Field.Input
        placeholder={t('settings.example', { example })}
        ref={ref}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        // What was typed is meant: it must not be lost by saving at once.
        onBlur={() => add(draft)}
        disabled={disabled}
        autoComplete="off"
        spellCheck={false}
        endAction={
          <IconButton
            type="button"
            variant="ghost"
            size="XS"
            label={t('settings.list.add')}
            disabled={disabled || draft.trim() === ''}
            onClick={() => {
              add(draft);
              ref.current?.focus();
            }}
          >
            <Plus />
          </IconButton>
        }
      />
      <Chips values={values} wrong={wrong} disabled={disabled} onRemove={remove} />
    </Flex>
  );
}
