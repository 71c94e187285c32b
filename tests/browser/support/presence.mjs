// What people see in the presence panel, and what their browsers say to the server.
import { LIMIT } from './app.mjs';

/** What is live is there about at once; some of it is for a slow machine. */
export const SOON = 3_000;

export const ARTICLE = 'api::article.article';
export const HOMEPAGE = 'api::homepage.homepage';

export const articlePath = (documentId) =>
  `/admin/content-manager/collection-types/${ARTICLE}/${documentId}`;
export const homepagePath = `/admin/content-manager/single-types/${HOMEPAGE}`;

/** The panel beside the form on a page. */
export function presencePanel(page) {
  const panel = page.getByRole('complementary').filter({ hasText: 'Live presence' });
  const rows = panel
    .getByRole('list', { name: 'Other editors of this entry' })
    .getByRole('listitem');
  return {
    panel,
    rows,
    alone: (timeout = LIMIT) => panel.getByText('Only you are here').waitFor({ timeout }),
    /** Who is there, and nobody else. */
    others: async (names, timeout = LIMIT) => {
      const count = names.length === 1 ? '1 other is here' : `${names.length} others are here`;
      await panel.getByText(count).waitFor({ timeout });
      for (const name of names) await rows.filter({ hasText: name }).waitFor({ timeout });
    },
    typing: (name, field, timeout = SOON) =>
      rows
        .filter({ hasText: name })
        .getByText(`Typing in ${field}`, { exact: true })
        .waitFor({ timeout }),
    notTyping: (timeout = SOON) =>
      rows.getByText(/^Typing in/).waitFor({ state: 'detached', timeout }),
    gone: (timeout = LIMIT) => panel.waitFor({ state: 'detached', timeout }),
  };
}

/** The presence events a page sends from its next load on, by name. */
export function sentEvents(page) {
  const sent = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const event = /^42\d*\["(presence:\w+)"/.exec(String(payload))?.[1];
      if (event !== undefined) sent.push(event);
    }),
  );
  return sent;
}
