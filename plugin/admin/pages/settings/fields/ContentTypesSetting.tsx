import { useState } from 'react';
import { Combobox, ComboboxOption, Flex } from '@strapi/design-system';

import { useTranslate } from '../../../utils/translations';
import { useSettingsPage } from '../state/context';
import { useSetting } from '../state/use-setting';
import { Chips } from './Chips';
import { SettingField } from './SettingField';

interface ContentTypesSettingProps {
  path: 'entitySubscriptions.allowedContentTypes';
}

/** A setting that is a list of content types, picked by name. */
export function ContentTypesSetting({ path }: ContentTypesSettingProps) {
  const t = useTranslate();
  const { contentTypes } = useSettingsPage();
  const { value, set, disabled } = useSetting(path);
  const [text, setText] = useState('');
  const nameOf = (uid: string): string =>
    contentTypes.find((type) => type.uid === uid)?.displayName ?? uid;
  return (
    <SettingField path={path}>
      <Flex direction="column" alignItems="stretch" gap={2}>
        <Combobox
          autocomplete={{ type: 'list', filter: 'contains' }}
          value=""
          textValue={text}
          onTextValueChange={setText}
          onChange={(uid?: string) => {
            if (uid) set([...value, uid]);
            setText('');
          }}
          placeholder={t('settings.contentTypes.pick')}
          noOptionsMessage={() => t('settings.search.none')}
          disabled={disabled}
        >
          {contentTypes
            .filter(({ uid }) => !value.includes(uid))
            .map(({ uid, displayName }) => (
              <ComboboxOption key={uid} value={uid} textValue={displayName}>
                {displayName}
              </ComboboxOption>
            ))}
        </Combobox>
        <Chips
          values={value}
          nameOf={nameOf}
          disabled={disabled}
          onRemove={(index) => {
            set(value.filter((_, other) => other !== index));
            document.getElementById(path)?.focus();
          }}
        />
      </Flex>
    </SettingField>
  );
}
