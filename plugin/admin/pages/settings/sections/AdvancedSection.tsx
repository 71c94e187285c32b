import { useTranslate } from '../../../utils/translations';
import { FieldGrid } from '../FieldGrid';
import { ContentTypesSetting } from '../fields/ContentTypesSetting';
import { NumberSetting } from '../fields/NumberSetting';
import { SwitchSetting } from '../fields/SwitchSetting';
import { TextSetting } from '../fields/TextSetting';
import { SettingsCard } from '../SettingsCard';
import { NamespaceList } from './NamespaceList';
import { RedisUrl } from './RedisUrl';

export function AdvancedSection() {
  const t = useTranslate();
  return (
    <>
      <SettingsCard
        title={t('settings.card.subscriptions')}
        description={t('settings.card.subscriptions.hint')}
      >
        <SwitchSetting path="entitySubscriptions.enabled" />
        <SwitchSetting path="entitySubscriptions.requireVerification" />
        <SwitchSetting path="entitySubscriptions.enableMetrics" />
        <FieldGrid>
          <NumberSetting path="entitySubscriptions.maxSubscriptionsPerSocket" step={10} />
          <ContentTypesSetting path="entitySubscriptions.allowedContentTypes" />
        </FieldGrid>
      </SettingsCard>
      <SettingsCard
        title={t('settings.card.namespaces')}
        description={t('settings.card.namespaces.hint')}
      >
        <SwitchSetting path="namespaces.enabled" />
        <NamespaceList />
      </SettingsCard>
      <SettingsCard title={t('settings.card.redis')} description={t('settings.card.redis.hint')}>
        <SwitchSetting path="redis.enabled" />
        <RedisUrl />
        <TextSetting path="redis.key" />
      </SettingsCard>
    </>
  );
}
