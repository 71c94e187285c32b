import { Box, Button, Field, Flex } from '@strapi/design-system';

import { useTestIoRedisMutation } from '../../../api/settings';
import { Notice } from '../../../components/Notice';
import { useTranslate } from '../../../utils/translations';
import { SettingField } from '../fields/SettingField';
import { useSettingsPage } from '../state/context';
import { useErrorText } from '../../../utils/use-error-text';
import { useSetting } from '../state/use-setting';

/** The address of Redis, and a way to see whether it answers before anything depends on it. */
export function RedisUrl() {
  const t = useTranslate();
  const { readOnly } = useSettingsPage();
  const { value, set, disabled } = useSetting('redis.url');
  const errorText = useErrorText();
  const [test, { data, error, isLoading, originalArgs }] = useTestIoRedisMutation();
  // What is said is said of the address that was tried, not of what has become of it.
  const isTried = originalArgs?.url === value;
  const failure = error === undefined ? data?.error : errorText(error);

  return (
    <>
      <SettingField path="redis.url">
        <Flex gap={3} wrap="wrap">
          <Box flex="1 1 20rem" minWidth={0}>
            <Field.Input
              value={value}
              onChange={(event) => set(event.target.value)}
              disabled={disabled}
              autoComplete="off"
              spellCheck={false}
            />
          </Box>
          <Button
            type="button"
            variant="secondary"
            size="L"
            loading={isLoading}
            disabled={readOnly || value === ''}
            onClick={() => void test({ url: value })}
          >
            {t('settings.redis.test')}
          </Button>
        </Flex>
      </SettingField>
      {isTried && data?.success === true && (
        <Notice variant="success">{t('settings.redis.test.success')}</Notice>
      )}
      {isTried && failure != null && (
        <Notice variant="danger">{t('settings.redis.test.failure', { error: failure })}</Notice>
      )}
    </>
  );
}
