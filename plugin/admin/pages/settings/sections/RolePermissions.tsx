import { useMemo, useState } from 'react';
import { Field, Flex, SingleSelect, SingleSelectOption } from '@strapi/design-system';

import type { RolePermissions as Rules } from '../../../../shared/settings';
import { useTranslate } from '../../../utils/translations';
import { GroupField } from '../fields/GroupField';
import { Locked } from '../fields/Locked';
import { FieldSwitch } from '../fields/FieldSwitch';
import { ActionMatrix } from '../matrix/ActionMatrix';
import { matrixRows, withCells } from '../matrix/rows';
import { ROLE_ACTIONS } from '../matrix/types';
import { SettingsCard } from '../SettingsCard';
import { useSettingsPage } from '../state/context';
import { withEntry } from '../state/records';
import { type RoleEntry, roleEntries } from '../state/roles';
import { useSetting } from '../state/use-setting';
import { Empty } from './Empty';
import { RoleEvents } from './RoleEvents';

const NO_RULES: Rules = { canConnect: true, contentTypes: {} };

const saysNothing = ({ canConnect, contentTypes, events }: Rules): boolean =>
  canConnect && events === undefined && Object.keys(contentTypes).length === 0;

/** What is kept from a role, one role at a time. */
export function RolePermissions() {
  const t = useTranslate();
  const { roles } = useSettingsPage();
  const { value, set, disabled, isEntryLocked } = useSetting('rolePermissions');
  const entries = roleEntries(value, roles, isEntryLocked);
  const [chosen, choose] = useState<string>();
  const entry = entries.find(({ key }) => key === chosen) ?? entries[0];
  return (
    <SettingsCard
      title={t('settings.rolePermissions.label')}
      description={t('settings.rolePermissions.hint')}
    >
      <GroupField path="rolePermissions">
        {entry === undefined ? (
          <Empty>{t('settings.roles.empty')}</Empty>
        ) : (
          <>
            <Field.Root name="role">
              <Field.Label>{t('settings.roles.pick')}</Field.Label>
              <SingleSelect value={entry.key} onChange={(key) => choose(String(key))}>
                {entries.map(({ key, name }) => (
                  <SingleSelectOption key={key} value={key}>
                    {name}
                  </SingleSelectOption>
                ))}
              </SingleSelect>
            </Field.Root>
            <RoleRules
              key={entry.key}
              role={entry}
              rules={value[entry.key] ?? NO_RULES}
              locked={isEntryLocked(entry.key)}
              disabled={disabled}
              onChange={(rules) =>
                set(withEntry(value, entry.key, saysNothing(rules) ? null : rules))
              }
            />
          </>
        )}
      </GroupField>
    </SettingsCard>
  );
}

interface RoleRulesProps {
  role: RoleEntry;
  rules: Rules;
  locked: boolean;
  disabled: boolean;
  onChange: (rules: Rules) => void;
}

function RoleRules({ role, rules, locked, disabled, onChange }: RoleRulesProps) {
  const t = useTranslate();
  const { contentTypes } = useSettingsPage();
  const rows = useMemo(
    () =>
      matrixRows({
        contentTypes,
        actions: ROLE_ACTIONS,
        entries: rules.contentTypes,
        unsaid: true,
        isLocked: () => locked,
      }),
    [contentTypes, locked, rules],
  );
  return (
    <>
      <Field.Root name="canConnect" hint={t('settings.roles.canConnect.hint')}>
        <Flex gap={4} justifyContent="space-between" alignItems="flex-start">
          <Flex direction="column" alignItems="stretch" gap={1} minWidth={0}>
            <Flex gap={3} wrap="wrap">
              <Field.Label>{t('settings.roles.canConnect', { role: role.name })}</Field.Label>
              {locked && <Locked />}
            </Flex>
            <Field.Hint />
          </Flex>
          <FieldSwitch
            checked={rules.canConnect}
            onCheckedChange={(canConnect) => onChange({ ...rules, canConnect })}
            disabled={disabled || locked}
          />
        </Flex>
      </Field.Root>
      <RoleEvents
        role={role}
        events={rules.events}
        locked={locked}
        disabled={disabled}
        onChange={(events) => onChange({ ...rules, events })}
      />
      {rows.length > 0 && (
        <ActionMatrix
          label={t('settings.roles.matrix', { role: role.name })}
          actions={ROLE_ACTIONS}
          rows={rows}
          disabled={disabled}
          onChange={(changes) =>
            onChange({ ...rules, contentTypes: withCells(rules.contentTypes, changes, true) })
          }
        />
      )}
    </>
  );
}
