import type { ComponentType } from 'react';

import type { Section } from '../state/paths';
import { AdvancedSection } from './AdvancedSection';
import { ContentTypesSection } from './ContentTypesSection';
import { EventsSection } from './EventsSection';
import { GeneralSection } from './GeneralSection';
import { MonitoringSection } from './MonitoringSection';
import { PresenceSection } from './PresenceSection';
import { RoomsSection } from './RoomsSection';
import { SecuritySection } from './SecuritySection';

export const SECTION_CONTENT: Record<Section, ComponentType> = {
  general: GeneralSection,
  contentTypes: ContentTypesSection,
  events: EventsSection,
  security: SecuritySection,
  rooms: RoomsSection,
  presence: PresenceSection,
  monitoring: MonitoringSection,
  advanced: AdvancedSection,
};
