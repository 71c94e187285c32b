import { useTranslate } from '../../../utils/translations';
import { FieldGrid } from '../FieldGrid';
import { ListSetting } from '../fields/ListSetting';
import { NumberSetting } from '../fields/NumberSetting';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';

export function GeneralSection() {
  const t = useTranslate();
  return (
    <>
      <SettingsCard title={t('settings.card.server')}>
        <SwitchSetting path="enabled" />
        <ListSetting path="cors.origins" example="https://example.com" />
      </SettingsCard>
      <SettingsCard
        title={t('settings.card.connections')}
        description={t('settings.card.connections.hint')}
      >
        <FieldGrid>
          <NumberSetting path="connection.pingInterval" step={1000} />
          <NumberSetting path="connection.pingTimeout" step={1000} />
          <NumberSetting path="connection.connectionTimeout" step={1000} />
          <NumberSetting path="connection.maxConnections" step={100} />
        </FieldGrid>
      </SettingsCard>
    </>
  );
}
