import { Field } from '@strapi/design-system';

import type { PathsOf } from '../state/paths';
import { useSetting } from '../state/use-setting';
import { SettingField } from './SettingField';

/** A setting that is a line of text. */
export function TextSetting({ path }: { path: PathsOf<string> }) {
  const { value, set, disabled } = useSetting(path);
  return (
    <SettingField path={path}>
      <Field.Input
        value={value}
        onChange={(event) => set(event.target.value)}
        disabled={disabled}
        autoComplete="off"
        spellCheck={false}
      />
    </SettingField>
  );
}
