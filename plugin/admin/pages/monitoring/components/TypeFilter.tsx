import { Box, SingleSelect, SingleSelectOption } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import type { LogItem } from '../data/event-log';

interface TypeFilterProps {
  items: LogItem[];
  /** Null: all. */
  value: string | null;
  onChange: (type: string | null) => void;
}

/** One of the types that occur, or all. The one that is chosen stays when none of it is left. */
export const TypeFilter = ({ items, value, onChange }: TypeFilterProps) => {
  const t = useTranslate();
  const types = new Set(items.flatMap((item) => ('entry' in item ? [item.entry.type] : [])));
  if (value !== null) types.add(value);
  return (
    <Box width="24rem" maxWidth="100%">
      <SingleSelect
        size="S"
        aria-label={t('monitoring.log.filter')}
        placeholder={t('monitoring.log.all')}
        value={value}
        onChange={(type) => onChange(String(type))}
        onClear={() => onChange(null)}
        clearLabel={t('monitoring.log.all')}
      >
        {[...types].sort().map((type) => (
          <SingleSelectOption key={type} value={type}>
            {type}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    </Box>
  );
};
