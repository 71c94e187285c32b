import { Searchbar } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';

interface SearchBoxProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
}

/** Filters what is on the page already. */
export function SearchBox({ value, label, onChange }: SearchBoxProps) {
  const t = useTranslate();
  return (
    <Searchbar
      name="search"
      size="S"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onClear={() => onChange('')}
      clearLabel={t('settings.search.clear')}
      placeholder={label}
    >
      {label}
    </Searchbar>
  );
}
