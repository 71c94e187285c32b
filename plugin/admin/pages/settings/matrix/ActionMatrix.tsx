import { useCallback, useMemo, useRef, useState } from 'react';
import { Box, Checkbox, Flex, Typography, VisuallyHidden } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { MatrixRow } from './MatrixRow';
import { SearchBox } from './SearchBox';
import { Scroller, Table } from './Table';
import type { Action, Cells, Row } from './types';

interface ActionMatrixProps<A extends Action> {
  /** What the table is, for those who cannot see it. */
  label: string;
  actions: readonly A[];
  rows: ReadonlyArray<Row<A>>;
  disabled: boolean;
  /** Gets the new cells of the rows that change. */
  onChange: (changes: Array<[uid: string, cells: Cells<A>]>) => void;
}

/** Content types and actions: on or off, one by one or all that are shown. */
export function ActionMatrix<A extends Action>(props: ActionMatrixProps<A>) {
  const { label, actions, rows, disabled, onChange } = props;
  const t = useTranslate();
  const [search, setSearch] = useState('');

  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return rows.filter(
      ({ uid, name }) => uid.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
    );
  }, [rows, search]);

  // One callback for the life of the table: rows are drawn again only when they change.
  const latest = useRef(onChange);
  latest.current = onChange;
  const onRowChange = useCallback(
    (uid: string, cells: Cells<A>) => latest.current([[uid, cells]]),
    [],
  );

  const having = (action: A) => shown.filter(({ missing }) => !missing.includes(action));
  const editable = (action: A) => having(action).filter(({ locked }) => !locked);

  const stateOf = (action: A): boolean | 'indeterminate' => {
    const states = having(action).map(({ cells }) => cells[action]);
    if (states.length > 0 && states.every(Boolean)) return true;
    return states.some(Boolean) ? 'indeterminate' : false;
  };

  const setAll = (action: A): void => {
    const changing = editable(action);
    const next = !changing.every(({ cells }) => cells[action]);
    onChange(changing.map(({ uid, cells }) => [uid, { ...cells, [action]: next }]));
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      <Flex justifyContent="space-between" gap={3} wrap="wrap">
        <Box flex="1 1 20rem" maxWidth="36rem">
          <SearchBox value={search} onChange={setSearch} label={t('settings.matrix.search')} />
        </Box>
        <Typography variant="pi" textColor="neutral600" aria-live="polite">
          {t('settings.matrix.count', { shown: shown.length, total: rows.length })}
        </Typography>
      </Flex>
      <Scroller tabIndex={0} role="region" aria-label={label}>
        <Table>
          <caption>
            <VisuallyHidden>{label}</VisuallyHidden>
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <Typography variant="sigma" textColor="neutral600">
                  {t('settings.matrix.type')}
                </Typography>
              </th>
              {actions.map((action) => (
                <th scope="col" key={action}>
                  <Flex direction="column" gap={1}>
                    <Typography variant="sigma" textColor="neutral600">
                      {t(`settings.action.${action}`)}
                    </Typography>
                    <Checkbox
                      aria-label={t('settings.matrix.all', {
                        action: t(`settings.action.${action}`),
                      })}
                      checked={stateOf(action)}
                      onCheckedChange={() => setAll(action)}
                      disabled={disabled || editable(action).length === 0}
                    />
                  </Flex>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <MatrixRow
                key={row.uid}
                row={row}
                actions={actions}
                disabled={disabled}
                onChange={onRowChange}
              />
            ))}
          </tbody>
        </Table>
        {shown.length === 0 && (
          <Box padding={6} textAlign="center">
            <Typography textColor="neutral600">{t('settings.search.none')}</Typography>
          </Box>
        )}
      </Scroller>
    </Flex>
  );
}
