import { useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { AddEntry } from '../fields/AddEntry';
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

  const add = (): void => {
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
      <AddEntry
        name="namespace"
        label={t('settings.namespaces.name')}
        example="/chat"
        value={name}
        onChange={setName}
        disabled={disabled}
        complete={wanted !== '' && !Object.hasOwn(value, wanted)}
        onAdd={add}
      />
    </GroupField>
  );
}
