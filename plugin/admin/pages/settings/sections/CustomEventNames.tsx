import { Box, Field } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { EntryList } from '../fields/EntryList';
import { GroupField } from '../fields/GroupField';
import { ACTIONS } from '../matrix/types';
import { SettingsCard } from '../SettingsCard';
import { useSettingsPage } from '../state/context';
import { withEntry, withoutEntry } from '../state/records';
import { useSetting } from '../state/use-setting';
import { AddEventName } from './AddEventName';

/** Events that are sent under another name. */
export function CustomEventNames() {
  const t = useTranslate();
  const { contentTypes } = useSettingsPage();
  const { value, set, disabled, isEntryLocked } = useSetting('events.customEventNames');
  const known = contentTypes.flatMap(({ eventPrefix, draftAndPublish }) =>
    ACTIONS.filter((action) => draftAndPublish || !action.endsWith('publish')).map(
      (action) => `${eventPrefix}:${action}`,
    ),
  );
  return (
    <SettingsCard
      title={t('settings.events.customEventNames.label')}
      description={t('settings.events.customEventNames.hint')}
    >
      <GroupField path="events.customEventNames">
        <EntryList
          keys={Object.keys(value)}
          empty={t('settings.eventNames.empty')}
          disabled={disabled}
          isLocked={isEntryLocked}
          onRemove={(event) => set(withoutEntry(value, event))}
        >
          {(event, fixed) => (
            <Box flex="1">
              <Field.Input
                aria-label={t('settings.eventNames.nameOf', { event })}
                size="S"
                value={value[event]}
                onChange={(change) => set(withEntry(value, event, change.target.value))}
                disabled={fixed}
                autoComplete="off"
                spellCheck={false}
              />
            </Box>
          )}
        </EntryList>
        <AddEventName
          known={known.filter((event) => !Object.hasOwn(value, event))}
          disabled={disabled}
          onAdd={(event, name) => set(withEntry(value, event, name))}
        />
      </GroupField>
    </SettingsCard>
  );
}
