import { useTranslate } from '../../../utils/translations';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';

export function PresenceSection() {
  const t = useTranslate();
  return (
    <SettingsCard
      title={t('settings.card.presence')}
      description={t('settings.card.presence.hint')}
    >
      <SwitchSetting path="presence.enabled" />
    </SettingsCard>
  );
}
