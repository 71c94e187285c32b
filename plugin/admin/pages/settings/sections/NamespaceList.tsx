import { useState } from 'react';
import { Box, Button, Field, Flex, Typography } from '@strapi/design-system';
import { Plus } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';
import { EntryList } from '../fields/EntryList';
import { CalmSwitch } from '../fields/FieldSwitch';
import { GroupField } from '../fields/GroupField';
import { withEntry, withoutEntry } from '../state/records';
import { useSetting } from '../state/use-setting';

/** Namespaces besides the main one, and which of them want a login. */
export function NamespaceList() {
  const t = useTranslate();
  const { value, set, disabled, isEntryLocked } = useSetting('namespaces.list');
  const [name, setName] = useState('');
  const wanted = name.trim();
  const addable = wanted !== '' && !Object.hasOwn(value, wanted);

  const add = (): void => {
    if (!addable) return;
    set(withEntry(value, wanted, { requireAuth: false }));
    setName('');
  };

  return (
    <GroupField path="namespaces.list" titled>
      <EntryList
        keys={Object.keys(value)}
        empty={t('settings.namespaces.empty')}
        disabled={disabled}
        isLocked={isEntryLocked}
        onRemove={(key) => set(withoutEntry(value, key))}
      >
        {(key, fixed) => (
          <Flex tag="label" gap={3}>
            <Typography variant="pi" textColor="neutral600" aria-hidden>
              {t('settings.namespaces.requireAuth')}
            </Typography>
            <CalmSwitch
              aria-label={t('settings.namespaces.requireAuth.label', { namespace: key })}
              checked={value[key].requireAuth}
              onCheckedChange={(requireAuth) => set(withEntry(value, key, { requireAuth }))}
              disabled={fixed}
            />
          </Flex>
        )}
      </EntryList>
      <Flex gap={3} alignItems="flex-end" wrap="wrap">
        <Box flex="1 1 18rem" minWidth={0}>
          <Field.Root name="namespace">
            <Field.Label>{t('settings.namespaces.name')}</Field.Label>
            <Field.Input
              value={name}
              onChange={(event) => setName(event.target.value)}
              onKeyDown={(event) => event.key === 'Enter' && add()}
              placeholder={t('settings.example', { example: '/chat' })}
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
          disabled={disabled || !addable}
          onClick={add}
        >
          {t('settings.list.add')}
        </Button>
      </Flex>
    </GroupField>
  );
}
