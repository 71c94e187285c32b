import { Box, Flex, Tag } from '@strapi/design-system';
import { Cross } from '@strapi/icons';
import { styled } from 'styled-components';

import { useTranslate } from '../../../utils/translations';

interface ChipsProps {
  values: readonly string[];
  /** What a value is called, if not by itself. */
  nameOf?: (value: string) => string;
  /** Positions of the values that are wrong. */
  wrong?: ReadonlySet<number>;
  disabled: boolean;
  onRemove: (index: number) => void;
}

const Name = styled.span`
  display: block;
  max-width: min(32rem, 55vw);
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
`;

/** The values of a list, each with a button that removes it. */
export function Chips({ values, nameOf = String, wrong, disabled, onRemove }: ChipsProps) {
  const t = useTranslate();
  if (values.length === 0) return null;
  return (
    <Flex tag="ul" gap={2} wrap="wrap">
      {values.map((value, index) => (
        <Box tag="li" key={value} maxWidth="100%">
          <Tag
            icon={<Cross width="1rem" height="1rem" aria-hidden />}
            label={t('settings.list.remove', { value: nameOf(value) })}
            disabled={disabled}
            onClick={(event) => {
              // A button of a form would send it.
              event.preventDefault();
              onRemove(index);
            }}
            {...(wrong?.has(index) && {
              background: 'danger100',
              color: 'danger700',
              borderColor: 'danger200',
            })}
          >
            <Name title={value}>{nameOf(value)}</Name>
          </Tag>
        </Box>
      ))}
    </Flex>
  );
}
