import { type KeyboardEvent, useRef, useState } from 'react';
import { Blocker, Form, Layouts } from '@strapi/strapi/admin';
import { Box, Button, Flex } from '@strapi/design-system';
import { Check } from '@strapi/icons';

import type { GetRoles, GetSettings, InvalidInput } from '../../../shared/contracts/settings';
import type { Settings } from '../../../shared/settings';
import { leaves } from '../../../shared/settings-tree';
import { Notice } from '../../components/Notice';
import { useTranslate } from '../../utils/translations';
import { SectionTabs } from './SectionTabs';
import { SettingsNotices } from './SettingsNotices';
import { type ContentType, SettingsPageProvider } from './state/context';
import { isWithin, sectionOf } from './state/paths';
import { useSave } from './state/use-save';
import { useSection } from './state/use-section';
import { useSettingNames } from './state/use-setting-names';

interface SettingsFormProps {
  state: GetSettings['Response']['data'];
  contentTypes: readonly ContentType[];
  roles: GetRoles['Response']['data'];
  canUpdate: boolean;
}

/** Enter adds to lists, picks and searches: in none of the fields does it save all of them. */
const keepEnter = (event: KeyboardEvent): void => {
  if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault();
};

/** The settings, what was changed of them, and what became of it. */
export function SettingsForm({ state, contentTypes, roles, canUpdate }: SettingsFormProps) {
  const { settings, sources, restartRequired, notices } = state;
  const t = useTranslate();
  const namesOf = useSettingNames();
  const save = useSave(settings);
  const [section, setSection] = useSection();
  const [issues, setIssues] = useState<InvalidInput[]>([]);
  const focusTarget = useRef<string | null>(null);
  const homeless = issues.filter(({ path }) => sectionOf(path) === undefined);

  /** To the first field with an error. */
  const show = (found: InvalidInput[]): void => {
    const place = found.find(({ path }) => sectionOf(path) !== undefined)?.path;
    if (place === undefined) return;
    focusTarget.current = leaves(settings).find(([path]) => isWithin(place, path))?.[0] ?? null;
    setSection(sectionOf(place) ?? section);
  };

  const submit = async (values: Settings): Promise<void> => {
    const refused = await save(values);
    setIssues(refused);
    show(refused);
  };

  return (
    <Form<Settings> method="PUT" initialValues={settings} onSubmit={submit}>
      {({ modified, isSubmitting, resetForm }) => (
        <SettingsPageProvider
          value={{
            readOnly: !canUpdate || isSubmitting,
            sources,
            contentTypes,
            roles,
            issues,
            settle: (path) =>
              setIssues((all) =>
                all.some((issue) => isWithin(issue.path, path))
                  ? all.filter((issue) => !isWithin(issue.path, path))
                  : all,
              ),
            focusTarget,
          }}
        >
          <Blocker />
          <Layouts.Header
            title={t('settings.title')}
            subtitle={t('settings.subtitle')}
            primaryAction={
              canUpdate && (
                <Flex gap={2}>
                  <Button
                    type="button"
                    variant="tertiary"
                    disabled={!modified || isSubmitting}
                    onClick={() => {
                      setIssues([]);
                      resetForm();
                    }}
                  >
                    {t('settings.discard')}
                  </Button>
                  <Button
                    type="submit"
                    startIcon={<Check />}
                    disabled={!modified}
                    loading={isSubmitting}
                  >
                    {t('settings.save')}
                  </Button>
                </Flex>
              )
            }
          />
          <Layouts.Content>
            <Flex direction="column" alignItems="stretch" gap={4}>
              {!canUpdate && <Notice variant="neutral">{t('settings.readOnly')}</Notice>}
              {restartRequired.length > 0 && (
                <Notice variant="warning">
                  {t('settings.restart', { settings: namesOf(restartRequired) })}
                </Notice>
              )}
              <SettingsNotices notices={notices} />
              {homeless.map(({ path, message }) => (
                <Notice key={path} variant="danger">
                  {message}
                </Notice>
              ))}
              <Box onKeyDown={keepEnter}>
                <SectionTabs section={section} onChange={setSection} />
              </Box>
            </Flex>
          </Layouts.Content>
        </SettingsPageProvider>
      )}
    </Form>
  );
}
