import { useTranslate } from '../../../utils/translations';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';
import { AutoJoin } from './AutoJoin';

export function RoomsSection() {
  const t = useTranslate();
  return (
    <>
      <SettingsCard title={t('settings.card.rooms')}>
        <SwitchSetting path="rooms.enablePrivateRooms" />
      </SettingsCard>
      <AutoJoin />
    </>
  );
}
