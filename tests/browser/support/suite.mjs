// What every suite in front of the playground needs, and leaves behind again.
import { after, before } from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { startPlayground } from './app.mjs';

/**
 * Gives the suite it is called in the playground, with `config`, and a browser: `started({ app, browser })` is told
 * before its tests and before hooks that come later. Both are gone after it.
 *
 * The returned `visit(t, options)` enters the admin panel for one test.
 */
export function usePlayground(started, config) {
  let app;
  let browser;
  before(async () => {
    [app, browser] = await Promise.all([startPlayground(config), launchBrowser()]);
    started({ app, browser });
  });
  after(async () => {
    await browser?.close();
    await app?.close();
  });
  return async (t, options) => {
    const page = await app.enter(browser, options);
    t.after(() => page.context().close());
    return page;
  };
}
