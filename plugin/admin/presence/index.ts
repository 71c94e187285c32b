import type { StrapiApp } from '@strapi/strapi/admin';

import { PresencePanel, type PanelProps } from './Panel';

/** What the panel needs of the Content Manager, which an application may be without. */
interface ContentManager {
  apis?: {
    addEditViewSidePanel?: (
      panels: Array<(props: PanelProps) => ReturnType<typeof PresencePanel>>,
    ) => void;
  };
}

/** Puts the presence panel beside the form in which the Content Manager edits an entry. */
export function addPresencePanel(app: Pick<StrapiApp, 'getPlugin'>): void {
  const contentManager = app.getPlugin('content-manager') as ContentManager | undefined;
  contentManager?.apis?.addEditViewSidePanel?.([PresencePanel]);
}
