import { type PathsOf } from '../state/paths';
import { useIssues, useSetting } from '../state/use-setting';
import { SettingField } from './SettingField';
import { TagInput } from './TagInput';

interface ListSettingProps {
  path: Exclude<PathsOf<string[]>, 'entitySubscriptions.allowedContentTypes'>;
  example: string;
}

/** `security.ipWhitelist[2]` → 2 */
const positionOf = (path: string): number => Number(/\[(\d+)\]$/.exec(path)?.[1]);

/** A setting that is a list of words. */
export function ListSetting({ path, example }: ListSettingProps) {
  const { value, set, disabled } = useSetting(path);
  const wrong = new Set(useIssues(path).map((issue) => positionOf(issue.path)));
  return (
    <SettingField path={path}>
      <TagInput values={value} onChange={set} example={example} wrong={wrong} disabled={disabled} />
    </SettingField>
  );
}
