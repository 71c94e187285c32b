import { useMemo } from 'react';

import { useTranslate } from '../../../utils/translations';
import { GroupField } from '../fields/GroupField';
import { ActionMatrix } from '../matrix/ActionMatrix';
import { matrixRows, withCells } from '../matrix/rows';
import { ACTIONS } from '../matrix/types';
import { SettingsCard } from '../SettingsCard';
import { useSettingsPage } from '../state/context';
import { useSetting } from '../state/use-setting';
import { Empty } from './Empty';

/** Which changes to which content types are sent. */
export function WatchedTypes() {
  const t = useTranslate();
  const { contentTypes, sources } = useSettingsPage();
  const { value, set, disabled } = useSetting('contentTypes');
  const rows = useMemo(
    () =>
      matrixRows({
        contentTypes,
        actions: ACTIONS,
        entries: value,
        unsaid: false,
        isLocked: (uid) => sources[`contentTypes.${uid}`] === 'file',
      }),
    [contentTypes, sources, value],
  );
  return (
    <SettingsCard
      title={t('settings.contentTypes.label')}
      description={t('settings.contentTypes.hint')}
    >
      <GroupField path="contentTypes">
        {rows.length === 0 ? (
          <Empty>{t('settings.contentTypes.empty')}</Empty>
        ) : (
          <ActionMatrix
            label={t('settings.contentTypes.label')}
            actions={ACTIONS}
            rows={rows}
            disabled={disabled}
            onChange={(changes) => set(withCells(value, changes, false))}
          />
        )}
      </GroupField>
    </SettingsCard>
  );
}
