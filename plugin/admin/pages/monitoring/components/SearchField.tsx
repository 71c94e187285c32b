import { useEffect, useState } from 'react';
import { Box, SearchForm, Searchbar } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';

/** Milliseconds without a key after which a search begins. */
const PAUSE = 300;

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** Searches while one types. */
export const SearchField = ({ label, value, onChange }: SearchFieldProps) => {
  const t = useTranslate();
  const [text, setText] = useState(value);

  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => onChange(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);

  return (
    <Box width="32rem" maxWidth="100%">
      <SearchForm
        onSubmit={(event) => {
          event.preventDefault();
          onChange(text);
        }}
      >
        <Searchbar
          name="search"
          size="S"
          value={text}
          maxLength={200}
          placeholder={label}
          clearLabel={t('monitoring.search.clear')}
          onChange={({ target }) => setText(target.value)}
          onClear={() => {
            setText('');
            onChange('');
          }}
        >
          {label}
        </Searchbar>
      </SearchForm>
    </Box>
  );
};
