import { type FormEvent, useState } from 'react';
import { Box, Button, Field, Flex, Modal, Textarea, Typography } from '@strapi/design-system';
import { CheckCircle } from '@strapi/icons';
import { styled } from 'styled-components';

import type { TestEventResult } from '../../../../shared/monitoring';
import { testEventName } from '../../../../shared/test-events';
import { useSendIoTestEventMutation } from '../../../api/monitoring';
import { useTranslate } from '../../../utils/translations';
import { issuesOf, type RequestError, useErrorText } from '../../../utils/use-error-text';
import { parseObject } from '../data/parse-object';

/** What the server takes. */
const MAX_NAME = 200;

/** Not Strapi's JSON input: that has no label, and one cannot leave it with the Tab key. */
const Json = styled(Textarea)`
  font-family: monospace;
`;

interface Errors {
  name?: string;
  data?: string;
  /** Of neither. */
  other?: string;
}

/** Sends an event to everybody who is connected, and says how many that were. */
export const TestEventForm = () => {
  const t = useTranslate();
  const errorText = useErrorText();
  const [send, { isLoading }] = useSendIoTestEventMutation();
  const [name, setName] = useState('test');
  const [text, setText] = useState('{\n  "message": "Hello!"\n}');
  const [errors, setErrors] = useState<Errors>({});
  const [result, setResult] = useState<TestEventResult | null>(null);

  const refused = (error: RequestError): Errors => {
    const issues = issuesOf(error);
    const of = (field: string) =>
      issues.find(({ path }) => path.split(/[.[]/)[0] === field)?.message;
    const found = { name: of('eventName'), data: of('data') };
    return found.name || found.data ? found : { other: errorText(error) };
  };

  /** An error is about what was sent: it goes, and the hint comes back, when the field is edited. */
  const edit = (field: keyof Errors, change: () => void): void => {
    setErrors((shown) => ({ ...shown, [field]: undefined, other: undefined }));
    change();
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setResult(null);
    const eventName = name.trim();
    const data = parseObject(text);
    const wrong: Errors = {
      ...(eventName === '' && { name: t('monitoring.test.nameMissing') }),
      ...(data === null && { data: t('monitoring.test.dataInvalid') }),
    };
    setErrors(wrong);
    if (data === null || eventName === '') return;
    const answer = await send({ eventName, data });
    if ('error' in answer) setErrors(refused(answer.error));
    else setResult(answer.data);
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Modal.Body>
        <Flex direction="column" alignItems="stretch" gap={4}>
          <Typography textColor="neutral600">{t('monitoring.test.intro')}</Typography>
          <Field.Root
            name="eventName"
            required
            error={errors.name}
            hint={t('monitoring.test.nameHint', { name: testEventName(name.trim()) })}
          >
            <Field.Label>{t('monitoring.test.name')}</Field.Label>
            <Field.Input
              maxLength={MAX_NAME}
              value={name}
              onChange={({ target }) => edit('name', () => setName(target.value))}
            />
            <Field.Error />
            <Field.Hint />
          </Field.Root>
          <Field.Root name="data" error={errors.data} hint={t('monitoring.test.dataHint')}>
            <Field.Label>{t('monitoring.test.data')}</Field.Label>
            <Json
              value={text}
              onChange={({ target }) => edit('data', () => setText(target.value))}
              spellCheck={false}
            />
            <Field.Error />
            <Field.Hint />
          </Field.Root>
          <Box minHeight="2.4rem" aria-live="polite">
            {errors.other && <Typography textColor="danger600">{errors.other}</Typography>}
            {result && (
              <Flex gap={2}>
                <CheckCircle fill="success600" aria-hidden />
                <Typography textColor="success700">
                  {t('monitoring.test.sent', {
                    name: result.eventName,
                    recipients: result.recipients,
                  })}
                </Typography>
              </Flex>
            )}
          </Box>
        </Flex>
      </Modal.Body>
      <Modal.Footer>
        <Modal.Close>
          <Button variant="tertiary">{t('monitoring.close')}</Button>
        </Modal.Close>
        <Button type="submit" loading={isLoading} disabled={isLoading}>
          {t('monitoring.test.send')}
        </Button>
      </Modal.Footer>
    </form>
  );
};
