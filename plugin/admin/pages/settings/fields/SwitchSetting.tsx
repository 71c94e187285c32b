import type { PathsOf } from '../state/paths';
import { useSetting } from '../state/use-setting';
import { FieldSwitch } from './FieldSwitch';
import { SettingField } from './SettingField';

/** A setting that is on or off. */
export function SwitchSetting({ path }: { path: PathsOf<boolean> }) {
  const { value, set, disabled } = useSetting(path);
  return (
    <SettingField path={path} inline>
      <FieldSwitch checked={value} onCheckedChange={set} disabled={disabled} />
    </SettingField>
  );
}
