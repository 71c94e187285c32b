import { NumberInput } from '@strapi/design-system';

import type { PathsOf } from '../state/paths';
import { useSetting } from '../state/use-setting';
import { SettingField } from './SettingField';

interface NumberSettingProps {
  path: PathsOf<number>;
  /** Of the arrow keys. */
  step?: number;
}

/** A setting that is a number. */
export function NumberSetting({ path, step = 1 }: NumberSettingProps) {
  const { value, set, disabled } = useSetting(path);
  return (
    <SettingField path={path}>
      <NumberInput
        name={path}
        value={value ?? undefined}
        onValueChange={(next) => set(next ?? null)}
        step={step}
        disabled={disabled}
      />
    </SettingField>
  );
}
