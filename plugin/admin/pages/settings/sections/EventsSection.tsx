import { useTranslate } from '../../../utils/translations';
import { ListSetting } from '../fields/ListSetting';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';
import { CustomEventNames } from './CustomEventNames';

export function EventsSection() {
  const t = useTranslate();
  return (
    <>
      <SettingsCard
        title={t('settings.card.payload')}
        description={t('settings.card.payload.hint')}
      >
        <SwitchSetting path="events.onlyPublished" />
        <SwitchSetting path="events.includeRelations" />
        <ListSetting path="events.excludeFields" example="internalNotes" />
      </SettingsCard>
      <CustomEventNames />
    </>
  );
}
