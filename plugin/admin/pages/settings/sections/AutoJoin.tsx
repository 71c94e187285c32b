import { Field, Flex } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { GroupField } from '../fields/GroupField';
import { Locked } from '../fields/Locked';
import { TagInput } from '../fields/TagInput';
import { SettingsCard } from '../SettingsCard';
import { useSettingsPage } from '../state/context';
import { withEntry } from '../state/records';
import { roleEntries } from '../state/roles';
import { useSetting } from '../state/use-setting';
import { Empty } from './Empty';

/** The rooms that sockets of each role join by themselves. */
export function AutoJoin() {
  const t = useTranslate();
  const { roles } = useSettingsPage();
  const { value, set, disabled, isEntryLocked } = useSetting('rooms.autoJoinByRole');
  const entries = roleEntries(value, roles, isEntryLocked);
  return (
    <SettingsCard
      title={t('settings.rooms.autoJoinByRole.label')}
      description={t('settings.rooms.autoJoinByRole.hint')}
    >
      <GroupField path="rooms.autoJoinByRole">
        {entries.length === 0 && <Empty>{t('settings.roles.empty')}</Empty>}
        <Flex direction="column" alignItems="stretch" gap={6}>
          {entries.map(({ key, name }) => (
            <Field.Root key={key} name={`autoJoin.${key}`}>
              <Flex gap={3} justifyContent="space-between" wrap="wrap">
                <Field.Label>{name}</Field.Label>
                {isEntryLocked(key) && <Locked />}
              </Flex>
              <TagInput
                values={value[key] ?? []}
                onChange={(rooms) => set(withEntry(value, key, rooms.length > 0 ? rooms : null))}
                example="lobby"
                disabled={disabled || isEntryLocked(key)}
              />
            </Field.Root>
          ))}
        </Flex>
      </GroupField>
    </SettingsCard>
  );
}
