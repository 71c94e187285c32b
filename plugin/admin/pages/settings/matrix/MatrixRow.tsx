import { memo } from 'react';
import { Checkbox, Flex, Typography } from '@strapi/design-system';

import { Truncated } from '../../../components/Truncated';
import { useTranslate } from '../../../utils/translations';
import { isSame } from '../state/changes';
import { Locked } from '../fields/Locked';
import type { Action, Cells, Row } from './types';

interface MatrixRowProps<A extends Action> {
  row: Row<A>;
  actions: readonly A[];
  disabled: boolean;
  onChange: (uid: string, cells: Cells<A>) => void;
}

function PlainMatrixRow<A extends Action>({ row, actions, disabled, onChange }: MatrixRowProps<A>) {
  const t = useTranslate();
  const { uid, name, cells, missing, locked, gone } = row;
  return (
    <tr>
      <th scope="row">
        <Flex gap={2} alignItems="center">
          <Flex direction="column" alignItems="stretch" minWidth={0}>
            <Truncated fontWeight="semiBold" textColor="neutral800">
              {name}
            </Truncated>
            <Truncated variant="pi" textColor={gone ? 'warning700' : 'neutral600'}>
              {gone ? t('settings.contentTypes.gone') : uid}
            </Truncated>
          </Flex>
          {locked && <Locked iconOnly />}
        </Flex>
      </th>
      {actions.map((action) => (
        <td key={action}>
          {missing.includes(action) ? (
            <Typography textColor="neutral600" title={t('settings.matrix.missing')}>
              –
            </Typography>
          ) : (
            <Checkbox
              aria-label={t('settings.matrix.cell', {
                type: name,
                action: t(`settings.action.${action}`),
              })}
              checked={cells[action]}
              onCheckedChange={() => onChange(uid, { ...cells, [action]: !cells[action] })}
              disabled={disabled || locked}
            />
          )}
        </td>
      ))}
    </tr>
  );
}

/** One content type. Of hundreds, only those that change are drawn again. */
export const MatrixRow = memo(PlainMatrixRow, (before, after) =>
  isSame({ ...before, onChange: null }, { ...after, onChange: null }),
) as typeof PlainMatrixRow;
