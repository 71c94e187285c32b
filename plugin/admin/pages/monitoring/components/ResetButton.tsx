import { Button, Dialog } from '@strapi/design-system';
import { ArrowClockwise } from '@strapi/icons';
import { ConfirmDialog, useNotification } from '@strapi/strapi/admin';

import { useResetIoStatsMutation } from '../../../api/monitoring';
import { useTranslate } from '../../../utils/translations';
import { useErrorText } from '../../../utils/use-error-text';

/** Resets the statistics, once it is confirmed. The figures come back by themselves. */
export const ResetButton = () => {
  const t = useTranslate();
  const { toggleNotification } = useNotification();
  const errorText = useErrorText();
  const [reset] = useResetIoStatsMutation();

  const confirm = async (): Promise<void> => {
    const result = await reset();
    if ('error' in result) {
      toggleNotification({ type: 'danger', message: errorText(result.error) });
    } else {
      toggleNotification({ type: 'success', message: t('monitoring.reset.done') });
    }
  };

  return (
    <Dialog.Root>
      <Dialog.Trigger>
        <Button variant="tertiary" startIcon={<ArrowClockwise />}>
          {t('monitoring.reset.action')}
        </Button>
      </Dialog.Trigger>
      <ConfirmDialog title={t('monitoring.reset.action')} onConfirm={confirm}>
        {t('monitoring.reset.body')}
      </ConfirmDialog>
    </Dialog.Root>
  );
};
