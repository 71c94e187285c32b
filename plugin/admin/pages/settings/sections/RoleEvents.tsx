import { Field, Flex } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { FieldSwitch } from '../fields/FieldSwitch';
import { TagInput } from '../fields/TagInput';
import type { RoleEntry } from '../state/roles';

interface RoleEventsProps {
  role: RoleEntry;
  /** undefined: the role may send any event. */
  events: string[] | undefined;
  locked: boolean;
  disabled: boolean;
  onChange: (events: string[] | undefined) => void;
}

/** Which events clients of a role may send: any, or those of a list. */
export function RoleEvents({ role, events, locked, disabled, onChange }: RoleEventsProps) {
  const t = useTranslate();
  return (
    <>
      <Field.Root name="restrictEvents" hint={t('settings.roles.restrictEvents.hint')}>
        <Flex gap={4} justifyContent="space-between" alignItems="flex-start">
          <Flex direction="column" alignItems="stretch" gap={1} minWidth={0}>
            <Field.Label>{t('settings.roles.restrictEvents', { role: role.name })}</Field.Label>
            <Field.Hint />
          </Flex>
          <FieldSwitch
            checked={events !== undefined}
            onCheckedChange={(restricted) => onChange(restricted ? [] : undefined)}
            disabled={disabled || locked}
          />
        </Flex>
      </Field.Root>
      {events !== undefined && (
        <Field.Root name="events" hint={t('settings.roles.events.hint')}>
          <Field.Label>{t('settings.roles.events', { role: role.name })}</Field.Label>
          <TagInput
            values={events}
            onChange={onChange}
            example="chat:message"
            disabled={disabled || locked}
          />
          <Field.Hint />
        </Field.Root>
      )}
    </>
  );
}
