import { unstable_useDocumentLayout as useDocumentLayout, useForm } from '@strapi/strapi/admin';
import { useIntl } from 'react-intl';

import { findField } from './fields';

/** What the edit view calls the field at a path of its form: "SEO › Title". */
export function useFieldLabel(uid: string, path: string): string {
  const intl = useIntl();
  const { edit } = useDocumentLayout(uid);
  const values = useForm('useFieldLabel', (form) => form.values);
  const labels = findField(uid, edit, values, path)?.labels;
  // Few applications translate labels; asking for a missing text is reported in the console.
  const names = labels?.map(({ label, key }) =>
    key !== null && key in intl.messages ? intl.formatMessage({ id: key }) : label,
  );
  return names?.join(' › ') ?? path.split('.')[0];
}
