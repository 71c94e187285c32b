import { useEffect, useRef, useState } from 'react';
import { Button, Dialog, Field, Flex } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import { useNotification } from '@strapi/strapi/admin';

import { useDisconnectIoSocketMutation } from '../../../api/monitoring';
import { fullName } from '../../../presence/names';
import { useTranslate } from '../../../utils/translations';
import { useErrorText } from '../../../utils/use-error-text';
import type { ListedSocket } from '../data/source';

/** What the server takes. */
const MAX_REASON = 200;

interface DisconnectDialogProps {
  /** Who is to go; null: nobody. */
  socket: ListedSocket | null;
  onClose: () => void;
  onDone: () => void;
}

/** Asks whether a connection shall end, and why. */
export const DisconnectDialog = ({ socket, onClose, onDone }: DisconnectDialogProps) => {
  const t = useTranslate();
  const { toggleNotification } = useNotification();
  const errorText = useErrorText();
  const [disconnect, { isLoading }] = useDisconnectIoSocketMutation();
  const [reason, setReason] = useState('');
  const opener = useRef<Element | null>(null);

  useEffect(() => setReason(''), [socket?.id]);

  const confirm = async (id: string): Promise<void> => {
    const given = reason.trim();
    const result = await disconnect({ id, ...(given !== '' && { reason: given }) });
    if ('error' in result) {
      const gone = 'status' in result.error && result.error.status === 404;
      toggleNotification({
        type: 'danger',
        message: gone ? t('monitoring.disconnect.gone') : errorText(result.error),
      });
    } else {
      toggleNotification({ type: 'success', message: t('monitoring.disconnect.done') });
    }
    onClose();
    onDone();
  };

  const name = socket && ((socket.admin && fullName(socket.admin)) ?? socket.user?.username);
  return (
    <Dialog.Root open={socket !== null} onOpenChange={(open) => !open && onClose()}>
      {socket && (
        <Dialog.Content
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
          }}
          // Without a trigger the dialog does not know where the focus came from.
          onCloseAutoFocus={() => (opener.current as HTMLElement | null)?.focus()}
        >
          <Dialog.Header>{t('monitoring.disconnect.title')}</Dialog.Header>
          <Dialog.Body icon={<WarningCircle fill="danger600" width={24} height={24} />}>
            <Flex direction="column" alignItems="stretch" gap={4} width="100%">
              <Dialog.Description textAlign="center" style={{ overflowWrap: 'anywhere' }}>
                {name
                  ? t('monitoring.disconnect.body', { name, id: socket.id })
                  : t('monitoring.disconnect.bodyGuest', { id: socket.id })}
              </Dialog.Description>
              <Field.Root name="reason" hint={t('monitoring.disconnect.reasonHint')}>
                <Field.Label>{t('monitoring.disconnect.reason')}</Field.Label>
                <Field.Input
                  maxLength={MAX_REASON}
                  value={reason}
                  onChange={({ target }) => setReason(target.value)}
                />
                <Field.Hint />
              </Field.Root>
            </Flex>
          </Dialog.Body>
          <Dialog.Footer>
            <Dialog.Cancel>
              <Button fullWidth variant="tertiary">
                {t('monitoring.cancel')}
              </Button>
            </Dialog.Cancel>
            <Button
              fullWidth
              variant="danger-light"
              loading={isLoading}
              onClick={() => void confirm(socket.id)}
            >
              {t('monitoring.disconnect.confirm')}
            </Button>
          </Dialog.Footer>
        </Dialog.Content>
      )}
    </Dialog.Root>
  );
};
