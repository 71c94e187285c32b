import { useEffect, useRef } from 'react';
import { Badge, Flex, Tabs } from '@strapi/design-system';
import { styled } from 'styled-components';

import { useTranslate } from '../../utils/translations';
import { SECTION_CONTENT } from './sections';
import { useSettingsPage } from './state/context';
import { type Section, sectionOf, SECTIONS } from './state/paths';

interface SectionTabsProps {
  section: Section;
  onChange: (section: Section) => void;
}

/** Scrolls sideways where there is no room for all. */
const ScrollingList = styled(Tabs.List)`
  overflow-x: auto;
  scrollbar-width: thin;
  border-bottom: 1px solid ${({ theme }) => theme.colors.neutral200};
`;

const Trigger = styled(Tabs.Trigger)`
  flex: none;
  white-space: nowrap;

  &:focus-visible {
    outline-offset: -2px;
  }
`;

/** The sections of the settings, one at a time. */
export function SectionTabs({ section, onChange }: SectionTabsProps) {
  const t = useTranslate();
  const { issues } = useSettingsPage();
  const active = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [section]);
  return (
    <Tabs.Root
      variant="simple"
      value={section}
      onValueChange={(value) => onChange(value as Section)}
    >
      <ScrollingList aria-label={t('settings.sections')}>
        {SECTIONS.map((one) => {
          const count = issues.filter(({ path }) => sectionOf(path) === one).length;
          return (
            <Trigger key={one} value={one} ref={one === section ? active : undefined}>
              {t(`settings.section.${one}`)}
              {count > 0 && (
                <Badge
                  variant="danger"
                  size="S"
                  marginLeft={2}
                  aria-label={t('settings.section.errors', { count })}
                >
                  {count}
                </Badge>
              )}
            </Trigger>
          );
        })}
      </ScrollingList>
      {SECTIONS.map((one) => {
        const Content = SECTION_CONTENT[one];
        return (
          <Tabs.Content key={one} value={one}>
            <Flex direction="column" alignItems="stretch" gap={6} paddingTop={6} paddingBottom={8}>
              <Content />
            </Flex>
          </Tabs.Content>
        );
      })}
    </Tabs.Root>
  );
}
