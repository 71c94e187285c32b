import { useTranslate } from '../../../utils/translations';
import { FieldGrid } from '../FieldGrid';
import { NumberSetting } from '../fields/NumberSetting';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';

export function MonitoringSection() {
  const t = useTranslate();
  return (
    <SettingsCard
      title={t('settings.card.eventLog')}
      description={t('settings.card.eventLog.hint')}
    >
      <SwitchSetting path="monitoring.enableConnectionLogging" />
      <SwitchSetting path="monitoring.enableEventLogging" />
      <FieldGrid>
        <NumberSetting path="monitoring.maxEventLogSize" step={50} />
      </FieldGrid>
    </SettingsCard>
  );
}
