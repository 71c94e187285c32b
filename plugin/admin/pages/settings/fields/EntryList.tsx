import { type MouseEvent, type ReactNode } from 'react';
import { Box, Flex, IconButton, Typography } from '@strapi/design-system';
import { Trash } from '@strapi/icons';

import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import { Locked } from './Locked';

interface EntryListProps {
  keys: readonly string[];
  /** Shown where there are no entries. */
  empty: string;
  disabled: boolean;
  isLocked: (key: string) => boolean;
  onRemove: (key: string) => void;
  /** The control of an entry. */
  children: (key: string, disabled: boolean) => ReactNode;
}

/** An entry goes away with its button: the next one takes the focus, or the group around them. */
function focusNeighbour(button: HTMLElement): void {
  const entry = button.closest('li');
  const neighbour = entry?.nextElementSibling ?? entry?.previousElementSibling;
  const next = neighbour?.querySelector('button') ?? entry?.closest('[role="group"]');
  (next as HTMLElement | null | undefined)?.focus();
}

/** The entries of a record, each with a control and a button that removes it. */
export function EntryList(props: EntryListProps) {
  const { keys, empty, disabled, isLocked, onRemove, children } = props;
  const t = useTranslate();
  if (keys.length === 0) {
    return (
      <Box padding={4} background="neutral100" hasRadius>
        <Typography variant="pi" textColor="neutral600">
          {empty}
        </Typography>
      </Box>
    );
  }
  return (
    <Flex tag="ul" direction="column" alignItems="stretch" gap={2}>
      {keys.map((key) => (
        <Flex
          tag="li"
          key={key}
          gap={3}
          paddingTop={2}
          paddingBottom={2}
          paddingLeft={4}
          paddingRight={2}
          hasRadius
          borderColor="neutral200"
          wrap={{ initial: 'wrap', medium: 'nowrap' }}
        >
          <Box flex="1 1 12rem" minWidth={0}>
            <Truncated fontWeight="semiBold">{key}</Truncated>
          </Box>
          <Flex flex="2 1 16rem" gap={2} justifyContent="flex-end" minWidth={0}>
            {children(key, disabled || isLocked(key))}
            {isLocked(key) ? (
              <Flex width="3.2rem" justifyContent="center" shrink={0}>
                <Locked iconOnly />
              </Flex>
            ) : (
              <IconButton
                type="button"
                variant="ghost"
                label={t('settings.list.remove', { value: key })}
                disabled={disabled}
                onClick={(event: MouseEvent<HTMLElement>) => {
                  focusNeighbour(event.currentTarget);
                  onRemove(key);
                }}
              >
                <Trash />
              </IconButton>
            )}
          </Flex>
        </Flex>
      ))}
    </Flex>
  );
}
