import { Typography } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { FieldGrid } from '../FieldGrid';
import { ListSetting } from '../fields/ListSetting';
import { NumberSetting } from '../fields/NumberSetting';
import { SwitchSetting } from '../fields/SwitchSetting';
import { SettingsCard } from '../SettingsCard';

export function SecuritySection() {
  const t = useTranslate();
  return (
    <>
      <SettingsCard title={t('settings.card.access')}>
        <SwitchSetting path="security.requireAuthentication" />
        <ListSetting path="security.ipWhitelist" example="10.0.0.0/8" />
        <ListSetting path="security.ipBlacklist" example="203.0.113.7" />
        <ListSetting path="security.trustedProxies" example="10.0.0.2" />
        <SwitchSetting path="security.checkOrigin" />
      </SettingsCard>
      <SettingsCard title={t('settings.card.rateLimiting')}>
        <SwitchSetting path="security.rateLimiting.enabled" />
        <FieldGrid>
          <NumberSetting path="security.rateLimiting.maxEventsPerSecond" />
          <NumberSetting path="security.rateLimiting.maxConnectionsPerIp" />
        </FieldGrid>
      </SettingsCard>
      <SettingsCard title={t('settings.card.validation')}>
        <Typography textColor="neutral600">{t('settings.card.validation.hint')}</Typography>
        <SwitchSetting path="security.inputValidation.enabled" />
        <ListSetting path="security.inputValidation.allowedEvents" example="chat:message" />
        <FieldGrid>
          <NumberSetting path="security.inputValidation.maxPayloadSize" step={1000} />
          <NumberSetting path="security.inputValidation.maxDepth" />
        </FieldGrid>
      </SettingsCard>
    </>
  );
}
