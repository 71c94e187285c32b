// The settings page as a person uses it.

/** The names of the tabs, in English. */
export const SECTIONS = [
  'General',
  'Content types',
  'Events',
  'Security',
  'Rooms',
  'Presence',
  'Monitoring',
  'Advanced',
];

/** Opens the page in `page`, which is logged in; `section` is the name of a tab. */
export async function openSettings(app, page, section) {
  await page.goto(`${app.url}/admin/settings/io/settings`);
  const settings = settingsPage(page);
  await page.getByRole('tablist').waitFor();
  if (section !== undefined) await settings.show(section);
  return settings;
}

export function settingsPage(page) {
  const isSave = (response) =>
    response.request().method() === 'PUT' && new URL(response.url()).pathname === '/io/settings';

  const saveButton = page.getByRole('button', { name: 'Save', exact: true });

  /** Saves, and resolves with the status of the answer, its body, and what was sent. */
  const send = async () => {
    const [response] = await Promise.all([page.waitForResponse(isSave), saveButton.click()]);
    return {
      status: response.status(),
      body: await response.json(),
      sent: response.request().postDataJSON(),
    };
  };

  return {
    saveButton,
    discardButton: page.getByRole('button', { name: 'Discard', exact: true }),
    send,

    show: (section) => page.getByRole('tab', { name: section }).click(),

    field: (label) => page.getByRole('textbox', { name: label, exact: true }),

    switch: (label) => page.getByRole('switch', { name: label, exact: true }),

    toggle: (label) => page.getByRole('switch', { name: label, exact: true }).click(),

    fill: (label, value) => page.getByRole('textbox', { name: label, exact: true }).fill(value),

    /** Adds words to a list. */
    add: async (label, ...words) => {
      const input = page.getByRole('textbox', { name: label, exact: true });
      for (const word of words) {
        await input.fill(word);
        await input.press('Enter');
        await page
          .getByRole('button', { name: `Remove ${word}`, exact: true })
          .first()
          .waitFor();
      }
    },

    remove: (word) => page.getByRole('button', { name: `Remove ${word}`, exact: true }).click(),

    /** A cell of the table of content types that goes by `table`. */
    cell: (table, type, action) =>
      page
        .getByRole('region', { name: table, exact: true })
        .getByRole('checkbox', { name: `${type}: ${action}`, exact: true }),

    /** Saves what has to be fine; resolves with what was sent. */
    save: async () => {
      const { status, body, sent } = await send();
      if (status !== 200) throw new Error(`not saved: ${JSON.stringify(body)}`);
      await page.getByText('Settings saved').first().waitFor();
      return sent;
    },
  };
}
