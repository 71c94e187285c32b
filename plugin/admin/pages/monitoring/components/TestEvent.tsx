import { useState } from 'react';
import { Button, Modal } from '@strapi/design-system';
import { PaperPlane } from '@strapi/icons';

import { useTranslate } from '../../../utils/translations';
import { TestEventForm } from './TestEventForm';

/** Opens the form for a test event; it begins anew each time. */
export const TestEvent = () => {
  const t = useTranslate();
  const [open, setOpen] = useState(false);
  return (
    <Modal.Root open={open} onOpenChange={setOpen}>
      <Modal.Trigger>
        <Button startIcon={<PaperPlane />}>{t('monitoring.test.action')}</Button>
      </Modal.Trigger>
      <Modal.Content>
        <Modal.Header closeLabel={t('monitoring.close')}>
          <Modal.Title>{t('monitoring.test.action')}</Modal.Title>
        </Modal.Header>
        <TestEventForm />
      </Modal.Content>
    </Modal.Root>
  );
};
